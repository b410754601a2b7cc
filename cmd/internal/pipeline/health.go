package pipeline

import (
	"errors"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/spool"
)

// health is how something that may fail is doing, for status and log. A change
// is logged, and a failure that lasts again from time to time.
type health struct {
	mu    sync.Mutex
	state string
	err   string
	since time.Time
	last  time.Time // of the last line in the log
}

// States of what may fail.
const (
	stateOK       = "ok"
	stateRetrying = "retrying"
	stateDown     = "down"
	stateFull     = "full"
)

const logAgain = time.Minute

func (h *health) get() (state, err string, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.err, h.since
}

func (h *health) good(log *slog.Logger, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == stateOK {
		return
	}
	if h.state != "" && !h.last.IsZero() {
		log.Info("works again", "after", now.Sub(h.since).Round(time.Second).String())
	}
	h.state, h.err, h.since, h.last = stateOK, "", now, time.Time{}
}

// bad notes the n-th failure in a row; text is what may be said of it.
func (h *health) bad(log *slog.Logger, now time.Time, err error, text string, n int) {
	state := stateRetrying
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, quarantine.ErrFull), errors.Is(err, spool.ErrFull):
		state = stateFull
	case n >= downAfter:
		state = stateDown
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if text == "" {
		text = "no reason given"
	}
	if h.state == stateOK || h.state == "" {
		h.since = now
	}
	if h.state != state || now.Sub(h.last) >= logAgain {
		h.last = now
		log.Warn(says(state), "error", text, "since", h.since)
	}
	h.state, h.err = state, text
}

func says(state string) string {
	switch state {
	case stateDown:
		return "is down: what waits for it is kept and tried again; sources wait when its buffer is full"
	case stateFull:
		return "has no room left: it goes on when there is room; nothing is dropped"
	}
	return "failed, and is tried again"
}
