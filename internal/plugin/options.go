package plugin

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 64KB, 10MB, 1GiB or as a plain number.
// KB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	t, unit := strings.TrimSpace(string(text)), int64(1)
	for _, u := range units {
		if n := len(t) - len(u.suffix); n > 0 && strings.EqualFold(t[n:], u.suffix) {
			t, unit = strings.TrimSpace(t[:n]), u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil || f < 0 || f*float64(unit) > 1<<62 {
		return fmt.Errorf("want a size such as 64KB, 10MB or 1GiB")
	}
	*s = Size(f * float64(unit))
	return nil
}

// String is the size with the largest unit that fits.
func (s Size) String() string {
	for _, u := range []struct {
		suffix string
		bytes  float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if f := float64(s) / u.bytes; f >= 1 {
			return strconv.FormatFloat(f, 'f', 1, 64) + " " + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + " B"
}

// Exact is the size as one types it, not rounded: in the largest unit of which
// it is a multiple.
func (s Size) Exact() string {
	for _, u := range []struct {
		suffix string
		bytes  Size
	}{{"GB", 1e9}, {"GiB", 1 << 30}, {"MB", 1e6}, {"MiB", 1 << 20}, {"KB", 1e3}, {"KiB", 1 << 10}} {
		if s >= u.bytes && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Secret is text that is never printed: its String and its log value are the
// word REDACTED. Convert to string for use.
type Secret string

// UnmarshalText takes any text.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "REDACTED"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
