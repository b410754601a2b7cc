package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/window"
)

// simCases is what the rules remember: it outlives every process, because each
// commit is synced.
type simCases struct{ lineCases }

// keeps reports whether an alert waits in the outbox.
func (c *simCases) keeps(id event.ID) (doc string, ok bool) {
	for _, a := range c.outbox {
		if a.Event.DeliveryID == id {
			return string(a.Event.Doc), true
		}
	}
	return "", false
}

// caseKeeper is one process's way to it.
type caseKeeper struct {
	*simCases
	b *boundary
}

// do does something that may fail before or after it is durable.
func (k *caseKeeper) do(what string, f func() error) error {
	switch k.b.park(context.Background(), what, "cases", "error", "done and error") {
	case "dead":
		return errDead
	case "error":
		return errors.New("the store failed")
	case "done and error":
		_ = f()
		return errors.New("the answer of the store was lost")
	}
	return f()
}

func (k *caseKeeper) Commit(found []Found, frontiers []window.Frontier) error {
	return k.do(fmt.Sprintf("commit %d", len(found)), func() error { return k.simCases.Commit(found, frontiers) })
}

func (k *caseKeeper) Drop(numbers []uint64) error {
	return k.do(fmt.Sprintf("drop %d", len(numbers)), func() error { return k.simCases.Drop(numbers) })
}

func (k *caseKeeper) Pending(from uint64, most int) ([]window.Alert, error) {
	if k.b.gone() {
		return nil, errDead
	}
	return k.simCases.Pending(from, most)
}
