package window

import (
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
)

// maxClaimed is how many origins an engine that tells at the end remembers in
// memory, about 5 MB; then they go to the store.
const maxClaimed = 1 << 15

// claims are what of each origin was summed up, of an engine that tells at the
// end. Its workers sum up over many batches, so what is not to be counted twice
// must be known before it is read, and not only when it is added.
type claims struct {
	held    map[string]cover
	spilled bool
	failed  error
}

// claim says which events of a batch have been summed up before, nil for none,
// and that from now on all of it has. A store that fails is told by the next
// Commit.
func (e *Engine) claim(b *event.Batch) func(*event.Event) bool {
	if b.Origin == nil || len(b.Events) == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key, s := originKey(b.Origin), stretchOf(b)
	c := e.claimed(key)
	e.claims.held[key] = c.with(s)
	if len(e.claims.held) >= maxClaimed {
		e.spillClaims()
	}
	if some, _ := c.overlaps(s); !some {
		return nil
	}
	return func(ev *event.Event) bool { return c.covers(ev.Offset) }
}

func (e *Engine) claimed(key string) cover {
	c, ok := e.claims.held[key]
	if ok || !e.claims.spilled {
		return c
	}
	v, err := e.store.Get(spaceCover, key)
	if err != nil {
		e.claims.failed = fmt.Errorf("what was read of an origin: %w", err)
	}
	c, _ = readCover(v)
	return c
}

func (e *Engine) spillClaims() {
	b := e.store.NewBatch()
	for key, c := range e.claims.held {
		b.Put(spaceCover, key, c.append(nil, 0))
	}
	if err := b.Commit(false); err != nil {
		e.claims.failed = fmt.Errorf("remember what was read: %w", err)
	}
	e.claims.held, e.claims.spilled = map[string]cover{}, true
}
