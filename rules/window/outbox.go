package window

import (
	"encoding/binary"
	"errors"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
)

// Alert is one revision that waits to be delivered.
type Alert struct {
	// Number is its place in the outbox.
	Number uint64
	// Event has its Doc; it has memory of its own.
	Event *event.Event
}

var errOutbox = errors.New("an alert in the outbox cannot be read")

func appendAlert(dst []byte, a *event.Event) []byte {
	dst = append(dst, 1) // layout
	dst = append(dst, a.DeliveryID[:]...)
	dst = binary.AppendVarint(binary.AppendVarint(dst, a.Time), a.Created)
	return event.AppendDocument(dst, a.Made)
}

func readAlert(b []byte) (*event.Event, error) {
	a := &event.Event{Alert: true}
	if len(b) < 1+len(a.DeliveryID) || b[0] != 1 {
		return nil, errOutbox
	}
	b = b[1:]
	b = b[copy(a.DeliveryID[:], b):]
	for _, to := range []*int64{&a.Time, &a.Created} {
		x, n := binary.Varint(b)
		if n <= 0 {
			return nil, errOutbox
		}
		*to, b = x, b[n:]
	}
	a.Doc = append([]byte(nil), b...)
	return a, nil
}

// Pending are at most so many alerts of the outbox, from a number on, in the
// order in which they were made. All of them are durable.
func (e *Engine) Pending(from uint64, most int) (list []Alert, err error) {
	if from > e.number.Load() {
		return nil, nil // asked after each commit, and most bring none: the store need not be read
	}
	err = e.store.Range(spaceOutbox, binary.BigEndian.AppendUint64(nil, from), nil, func(key, v []byte) error {
		a, err := readAlert(v)
		if err != nil {
			return err
		}
		list = append(list, Alert{binary.BigEndian.Uint64(key), a})
		if len(list) == most {
			return state.ErrEnough
		}
		return nil
	})
	return list, err
}

// Drop removes alerts that are durable where they were to go. It is lazy: after
// a crash some may be delivered again, under the same delivery id.
func (e *Engine) Drop(numbers []uint64) error {
	b := e.store.NewBatch()
	for _, n := range numbers {
		b.Delete(spaceOutbox, string(binary.BigEndian.AppendUint64(nil, n)))
	}
	if err := b.Commit(false); err != nil {
		return err
	}
	e.waitingAlerts.Add(-int64(len(numbers)))
	return nil
}
