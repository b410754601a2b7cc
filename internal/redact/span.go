package redact

import (
	"cmp"
	"slices"
)

// span is a stretch to be replaced by the marker.
type span struct {
	start, end int
	// quotes is how many strings deep quotes have to be put around the marker:
	// 0 none, 1 "REDACTED", 2 \"REDACTED\" and so on. It is set where a number
	// in JSON was a secret.
	quotes int
}

// merge sorts spans and joins those that overlap.
func merge(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if s.start < last.end {
			last.end = max(last.end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}

// replace appends text to dst, the marker in place of each span.
func replace(dst, text []byte, spans []span) []byte {
	at := 0
	for _, s := range spans {
		dst = append(dst, text[at:s.start]...)
		dst = appendQuote(dst, s.quotes)
		dst = append(dst, Marker...)
		dst = appendQuote(dst, s.quotes)
		at = s.end
	}
	return append(dst, text[at:]...)
}

func appendQuote(dst []byte, depth int) []byte {
	if depth == 0 {
		return dst
	}
	for range 1<<(depth-1) - 1 {
		dst = append(dst, '\\')
	}
	return append(dst, '"')
}
