package pipeline

import (
	"errors"
	"sync"

	"github.com/burstwatch/burstwatch/ingest"
)

// flight is one object on its way: which of its batches are durable, and how
// far its source may be told so. Batches settle in any order; the source hears
// of them in theirs.
type flight struct {
	object *ingest.Object
	source *intake

	mu     sync.Mutex
	places []*place // handed on and not yet told of, in the order of the object
	failed error    // the first failure, for Settled
	stuck  bool     // a batch failed: the position stays before it
	landed bool     // no more batches come
}

// place is where one batch ends in its object.
type place struct {
	end  int64
	mark []byte
	left int  // who has not settled it yet: the batch, and what was held back of it
	lost bool // given up
}

// errLeft is why a batch that was in flight when the pipeline stopped is not
// acknowledged.
var errLeft = errors.New("the pipeline stopped before every sink had it")

// add takes the next batch into the flight; the object's reader calls it.
func (f *flight) add(c *parcel) {
	c.flight, c.place = f, &place{end: c.batch.End, mark: c.batch.Mark, left: 1}
	f.mu.Lock()
	f.places = append(f.places, c.place)
	f.mu.Unlock()
}

// hold makes one more settlement necessary before the place is passed. It is
// called before the batch is let go.
func (f *flight) hold(p *place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.left++
}

// settle says that a batch, or what was held back of it, is durable or given up.
func (f *flight) settle(p *place, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.left--
	p.lost = p.lost || err != nil
	if err != nil && f.failed == nil {
		f.failed = err
	}
	f.tell()
}

// land says that reading has ended: with nil at the object's end.
func (f *flight) land(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.landed = true
	if err != nil && f.failed == nil {
		f.failed = err
	}
	f.tell()
}

// tell hands the source what is new. A batch that was given up is never passed:
// the position stays before it, whatever settles behind it.
func (f *flight) tell() {
	for len(f.places) > 0 && f.places[0].left == 0 {
		p := f.places[0]
		f.places = f.places[1:]
		f.stuck = f.stuck || p.lost
		if !f.stuck {
			f.source.acks.add(ack{flight: f, upto: p.end, mark: p.mark})
		}
	}
	if f.landed && len(f.places) == 0 {
		f.source.acks.add(ack{flight: f, last: true, err: f.failed})
	}
}

// ack is one thing to tell a source.
type ack struct {
	flight *flight
	upto   int64
	mark   []byte
	last   bool
	err    error
}

// acks are told to a source one after the other by one goroutine of its own, so
// that a source whose acknowledgement takes long keeps no sink waiting.
type acks struct {
	mu     sync.Mutex
	list   []ack
	notify chan struct{}
}

func newAcks() *acks { return &acks{notify: make(chan struct{}, 1)} }

func (a *acks) add(k ack) {
	a.mu.Lock()
	a.list = append(a.list, k)
	a.mu.Unlock()
	poke(a.notify)
}

func (a *acks) take() (ack, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.list) == 0 {
		return ack{}, false
	}
	k := a.list[0]
	a.list = a.list[1:]
	return k, true
}

// run tells until stop is closed, which is when nothing is left to be told, or
// nobody waits for it any longer.
func (a *acks) run(stop <-chan struct{}, told func(ack), turn func()) {
	for {
		k, ok := a.take()
		if ok {
			k.tell()
			told(k)
			continue
		}
		select {
		case <-a.notify:
			turn()
		case <-stop:
			return
		}
	}
}

func (k ack) tell() {
	o := k.flight.object
	switch {
	case k.last && o.Settled != nil:
		o.Settled(k.err)
	case !k.last && o.Progress != nil:
		o.Progress(k.upto, k.mark)
	}
}

// poke wakes whoever waits on a channel of one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
