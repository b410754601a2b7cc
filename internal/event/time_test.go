package event_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// FuzzParseTime: what package time reads as RFC 3339 is read, as the same
// moment, and nothing else.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"2026-11-06T09:37:05Z", "2026-02-28T23:59:59Z", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
		"2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
		"2026-11-06T09:37:05.123456789Z", "2026-11-06T09:37:05+02:00", "2026-11-06 09:37:05Z", "2026/11/06T09:37:05Z", "2026-11-06T09:37:0:Z", "2026-11-06T09:37:05z",
		"", "x", "2262-01-01T00:00:00Z", "1677-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "202:-11-06T09:37:05Z", "2026-11-06T09:37:05\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := time.Parse(time.RFC3339Nano, s)
		ok := err == nil && want.Year() >= 1678 && want.Year() <= 2261
		got, gotOK := event.ParseTime([]byte(s))
		if gotOK != ok || ok && got != want.UnixNano() {
			t.Fatalf("%q: %d %v, package time says %v %v", s, got, gotOK, want, err)
		}
	})
}

// TestTimesAreWrittenAsPackageTimeWritesThem, and read back.
func TestTimesAreWrittenAsPackageTimeWritesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.Int64Range(-9e18, 9e18).Draw(t, "ns")
		if rapid.Bool().Draw(t, "whole") {
			ns -= ns % 1e9
		}
		want := time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		got := string(event.AppendTime(nil, ns))
		if got != want {
			t.Fatalf("%d is %s, want %s", ns, got, want)
		}
		if back, ok := event.ParseTime([]byte(got)); !ok || back != ns {
			t.Fatalf("%s reads %d %v, want %d", got, back, ok, ns)
		}
	})
}
