package s3

import (
	"fmt"
	"maps"
	"time"
)

// message is one message of the queue while it is here. Its custody's lock
// guards what changes.
type message struct {
	id, body string
	sent     time.Time
	known    *note // of earlier tries, nil if there were none

	receipt string
	until   time.Time // when SQS shows it to others again
	lost    bool      // the receipt is no good any more

	open     int // parts that are not finished
	waiting  int // of these, parts that no worker has taken yet
	settled  map[int]bool
	failures map[int]error
	stopped  bool // a part was not read to its end because we stop

	fate fate
	hide time.Duration // how long it stays invisible when it is given back
	told chan struct{} // closed when SQS knows its fate, or never will from us
	next time.Time     // when to tell it again, after it was told in vain
}

// newMessage is a message of so many parts, none of which is settled.
func newMessage(id, body, receipt string) *message {
	return &message{id: id, body: body, receipt: receipt, settled: map[int]bool{}, failures: map[int]error{}, told: make(chan struct{})}
}

// fate is what is to become of a message.
type fate int

const (
	working fate = iota
	deleted
	givenBack
)

// rule says how often and how long a message is tried.
type rule struct {
	maxTries        int
	retryPause      time.Duration
	quarantineAfter time.Duration
}

// longestPause is the longest that a message is left alone after a failure.
const longestPause = 15 * time.Minute

// verdict is why a part goes to quarantine instead of being tried once more, ""
// if it is tried.
func (r rule) verdict(m *message, part int, now time.Time) (reason string) {
	if m.known == nil {
		return ""
	}
	why, failed := m.known.Reasons[part]
	if !failed {
		return ""
	}
	switch n := m.known.Tries[part]; {
	case n >= r.maxTries:
		return fmt.Sprintf("given up after %d tries, the last: %s", n, why)
	case now.Sub(m.sent) >= r.quarantineAfter:
		return "given up after " + r.quarantineAfter.String() + ", before the queue forgets the message, the last: " + why
	}
	return ""
}

// conclude decides on a message of which no part is open any more, and returns
// what is to be noted of it. fresh says that its failures are new: what is not
// read yet is waited for.
func (m *message) conclude(r rule, now time.Time) (x *note, fresh bool) {
	if len(m.failures) == 0 && !m.stopped {
		m.fate = deleted
		return nil, false
	}
	m.fate = givenBack
	x = &note{First: now.Unix(), Settled: maps.Clone(m.settled), Tries: map[int]int{}, Reasons: map[int]string{}}
	if m.known != nil {
		x.First, x.Fails = m.known.First, m.known.Fails
		maps.Copy(x.Settled, m.known.Settled)
		maps.Copy(x.Tries, m.known.Tries)
		maps.Copy(x.Reasons, m.known.Reasons)
	}
	if len(m.failures) == 0 {
		return x, false
	}
	x.Fails++
	m.hide = min(r.retryPause<<min(x.Fails-1, 16), longestPause)
	over := true
	for part, err := range m.failures {
		x.Reasons[part] = err.Error()
		if counts(err) {
			x.Tries[part]++
		}
		over = over && x.Tries[part] >= r.maxTries
	}
	if over || m.stopped {
		m.hide = 0 // nothing to wait for: it goes to quarantine, or to another reader
	}
	return x, now.Sub(time.Unix(x.First, 0)) < longestWait
}
