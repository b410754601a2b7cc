package pipeline

import "time"

const (
	// downAfter failures in a row, or openAfter since the first of them, and a
	// sink is down.
	downAfter = 5
	openAfter = 10 * time.Second
)

// breaker keeps a sink that is down from being written to: open, it lets one
// event at a time through, after longer and longer waits, to see whether the
// sink is back; one that is taken closes it. While it is open what waits goes to
// the spool.
type breaker struct {
	fails int       // in a row
	since time.Time // the first of them
	open  bool
}

// failed counts a failure and reports whether the breaker opens by it.
func (b *breaker) failed(now time.Time) (opens bool) {
	if b.fails++; b.fails == 1 {
		b.since = now
	}
	was := b.open
	b.open = b.open || b.fails >= downAfter || now.Sub(b.since) >= openAfter
	return b.open && !was
}

// worked closes it.
func (b *breaker) worked() { *b = breaker{} }

// States of a breaker.
const (
	breakerClosed   = "closed"
	breakerOpen     = "open"
	breakerHalfOpen = "half-open"
)
