package pipeline

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
)

// keptAtOnce bounds what one write to the quarantine holds, in bytes.
const keptAtOnce = 1 << 20

// keeper writes the quarantine: everything that waits in one write and one
// sync. It is never full by itself; what waits holds its batch, and the memory
// of batches in flight is bounded.
type keeper struct {
	store  *quarantine.Store
	log    *slog.Logger
	now    func() time.Time
	wait   backoff
	health health
	turn   turn
	notify chan struct{}

	mu   sync.Mutex
	list []kept
	end  bool // nothing more will come
	shut bool // nothing more is taken

	records, waiting, bytes atomic.Int64
}

// kept are lines for the quarantine, and whom to tell when they are durable.
type kept struct {
	lines []byte
	n     int
	done  func(error)
}

// add hands over n records as lines. done is called once, with nil when they
// are durable.
func (k *keeper) add(lines []byte, n int, done func(error)) {
	k.mu.Lock()
	shut := k.shut
	if !shut {
		k.waiting.Add(int64(n))
		k.list = append(k.list, kept{lines, n, done})
	}
	k.mu.Unlock()
	if shut {
		done(errLeft)
		return
	}
	poke(k.notify)
}

// finish makes run return when nothing waits any more.
func (k *keeper) finish() {
	k.mu.Lock()
	k.end = true
	k.mu.Unlock()
	poke(k.notify)
}

// run writes until finish, or gives up what is left when hard ends.
func (k *keeper) run(hard context.Context) {
	k.turn.take("quarantine", "")
	var buf []byte
	for hard.Err() == nil {
		var list []kept
		list, buf = k.take(buf[:0])
		if len(list) == 0 {
			if k.ended() {
				break
			}
			k.turn.await(hard, k.notify, time.Time{}, "quarantine", "")
			continue
		}
		k.settle(list, k.write(hard, buf))
	}
	for _, it := range k.rest() {
		k.settle([]kept{it}, errLeft)
	}
}

// write tries until it succeeds or hard ends.
func (k *keeper) write(hard context.Context, lines []byte) error {
	for n := 1; ; n++ {
		err := k.store.Write(lines)
		k.bytes.Store(k.store.Size())
		if err == nil {
			k.health.good(k.log, k.now())
			return nil
		}
		k.health.bad(k.log, k.now(), err, err.Error(), n)
		k.turn.rest(hard, k.wait.after(n), "quarantine", "")
		if hard.Err() != nil {
			return errLeft
		}
	}
}

func (k *keeper) settle(list []kept, err error) {
	for _, it := range list {
		if err == nil {
			k.records.Add(int64(it.n))
		}
		k.waiting.Add(-int64(it.n))
		it.done(err)
	}
}

// take moves what waits to one write.
func (k *keeper) take(buf []byte) ([]kept, []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for ; n < len(k.list) && (n == 0 || len(buf)+len(k.list[n].lines) <= keptAtOnce); n++ {
		buf = append(buf, k.list[n].lines...)
	}
	list := k.list[:n:n]
	k.list = k.list[n:]
	return list, buf
}

func (k *keeper) rest() []kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.list
	k.list, k.shut = nil, true
	return list
}

func (k *keeper) ended() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.end && len(k.list) == 0
}

// refused is the record of an event that a sink will never take.
func refused(sink string, e *event.Event, reason string) quarantine.Record {
	r := quarantine.Record{Sink: sink, Reason: reason, Offset: e.Offset, ID: e.DeliveryID.String(), Raw: e.Doc}
	if e.Schema != nil {
		r.Dataset = e.Schema.Dataset()
	} else if e.Alert {
		r.Dataset = alertDataset
	}
	if e.Origin != nil {
		r.Source, r.Origin, r.Identity = e.Origin.Source, e.Origin.Name, e.Origin.Identity
	}
	return r
}
