package rules

import (
	"bytes"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// timeOf reads a time: RFC 3339, the same without a zone (taken as UTC), or
// seconds or milliseconds since 1970.
func timeOf(v event.Value) (ns int64, ok bool) {
	switch v.Kind {
	case event.Time:
		return v.Num, true
	case event.String, event.Escaped:
		return parseTime(v.Bytes)
	case event.JSON:
		if n, ok := numberOf(v); ok && v.Bytes[0] != '"' {
			return epoch(n)
		}
		return parseTime(bytes.Trim(v.Bytes, `"`))
	case event.Int, event.Float:
		return epoch(v.Float())
	}
	return 0, false
}

func parseTime(b []byte) (int64, bool) {
	if len(b) < 19 || len(b) > 40 {
		return 0, false
	}
	if ns, ok := event.ParseTime(b); ok {
		return ns, true
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			return t.UnixNano(), true
		}
	}
	return 0, false
}

// epoch takes what is past the year 33658 in seconds for milliseconds.
func epoch(n float64) (int64, bool) {
	if n > 1e12 {
		n /= 1000
	}
	if n < -9e9 || n > 9e9 {
		return 0, false
	}
	return int64(n) * 1e9, true
}

func partOf(ns int64, part sigma.TimePart) float64 {
	t := time.Unix(0, ns).UTC()
	switch part {
	case sigma.Minute:
		return float64(t.Minute())
	case sigma.Hour:
		return float64(t.Hour())
	case sigma.Day:
		return float64(t.Day())
	case sigma.Week:
		_, week := t.ISOWeek()
		return float64(week)
	case sigma.Month:
		return float64(t.Month())
	default:
		return float64(t.Year())
	}
}
