package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/rules/window"
)

// committedAtOnce bounds what one commit takes: what waits longer while a large
// one goes on is not acknowledged meanwhile.
const committedAtOnce = 256

// owner is the one goroutine that has Cases. It commits everything that waits
// at once, so that one sync serves many batches, and lets the batches go when
// it is durable. Then it offers the alerts of the outbox to the sinks.
type owner struct {
	cases  Cases
	log    *slog.Logger
	now    func() time.Time
	wait   backoff
	forget func() // what judges remember of what was not committed
	health health
	turn   turn
	outbox outbox
	notify chan struct{}
	ended  chan struct{} // closed when run has returned
	once   bool

	mu   sync.Mutex
	list []submitted
	end  bool // nothing more will come
	shut bool // nothing more is taken
}

// submitted is what was found in a batch, and whom to tell when it is durable;
// or a frontier.
type submitted struct {
	found    Found
	frontier window.Frontier
	done     func(error)
}

func (g *generation) newOwner() *owner {
	if g.p.Cases == nil {
		return nil
	}
	w := &owner{cases: g.p.Cases, forget: g.p.judges.forget, log: g.p.Log.With("part", "rules"), now: g.p.Now, turn: g.p.turn, once: g.p.Once,
		wait: backoff{DefaultSinkOptions().Retry, g.p.newRand()}, notify: make(chan struct{}, 1), ended: make(chan struct{})}
	w.outbox.open(g.p.Cases, g.outlets, func() { poke(w.notify) })
	return w
}

// add hands over what was found. done is called once, with nil when it is durable.
func (w *owner) add(f Found, done func(error)) {
	if !w.put(submitted{found: f, done: done}) {
		done(errLeft)
	}
}

// frontier hands over a frontier. What it promises was added before.
func (w *owner) frontier(f window.Frontier) {
	if w != nil {
		w.put(submitted{frontier: f})
	}
}

func (w *owner) put(s submitted) bool {
	w.mu.Lock()
	shut := w.shut
	if !shut {
		w.list = append(w.list, s)
	}
	w.mu.Unlock()
	if !shut {
		poke(w.notify)
	}
	return !shut
}

// finish makes run return when all is committed, told and delivered.
func (w *owner) finish() {
	w.mu.Lock()
	w.end = true
	w.mu.Unlock()
	poke(w.notify)
}

// waiting is how many batches wait for their commit.
func (w *owner) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list)
}

// run commits until finish, or gives up what is left when hard ends.
func (w *owner) run(hard context.Context) {
	defer close(w.ended)
	w.turn.take("owner", "")
	w.commit(hard, nil)
	for hard.Err() == nil {
		list := w.take()
		wake := w.cases.Wake()
		due := !wake.IsZero() && !wake.After(w.now())
		if len(list) > 0 || due {
			w.commit(hard, list)
			continue
		}
		if w.over() && w.last(hard) {
			break
		}
		if !wake.IsZero() { // by the clock that stamps; waiting goes by the real one
			wake = time.Now().Add(max(wake.Sub(w.now()), time.Millisecond).Round(time.Millisecond))
		}
		w.turn.await(hard, w.notify, wake, "owner", "")
		w.deliver(hard)
	}
	if hard.Err() != nil {
		w.forget()
	}
	for _, s := range w.rest() {
		if s.done != nil {
			s.done(errLeft)
		}
	}
}

// last tells what is untold and reports whether everything is delivered.
func (w *owner) last(hard context.Context) bool {
	_ = w.try(hard, "tell", w.cases.Flush) // it has reported; the next start tells what is untold
	w.deliver(hard)
	return w.outbox.empty() || !w.once && w.outbox.stuck()
}

// commit makes durable what was submitted and lets the batches go.
func (w *owner) commit(hard context.Context, list []submitted) {
	var found []Found
	var frontiers []window.Frontier
	for _, s := range list {
		if s.found != nil {
			found = append(found, s.found)
		} else {
			frontiers = append(frontiers, s.frontier)
		}
	}
	err := w.try(hard, "commit", func() error { return w.cases.Commit(found, frontiers) })
	for _, s := range list {
		if s.done != nil {
			s.done(err)
		}
	}
	w.deliver(hard)
}

func (w *owner) deliver(hard context.Context) {
	_ = w.try(hard, "deliver", w.outbox.feed) // it has reported; what waits stays in the outbox
}

// try does something until it succeeds or hard ends.
func (w *owner) try(hard context.Context, what string, do func() error) error {
	for n := 1; ; n++ {
		var err error
		if failed := guard(func() error { err = do(); return nil }); failed != nil {
			err = failed
		}
		if err == nil {
			w.health.good(w.log, w.now())
			return nil
		}
		w.health.bad(w.log, w.now(), err, what+": "+err.Error(), n)
		w.turn.rest(hard, w.wait.after(n), "owner", "")
		if hard.Err() != nil {
			return errLeft
		}
	}
}

func (w *owner) take() []submitted {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.list), committedAtOnce)
	list := w.list[:n:n]
	w.list = w.list[n:]
	return list
}

func (w *owner) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end && len(w.list) == 0
}

func (w *owner) rest() []submitted {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list
	w.list, w.shut = nil, true
	return list
}
