package pipeline

import (
	"context"
	"slices"
	"sync"

	"github.com/burstwatch/burstwatch/internal/event"
)

// pool lends parcels and bounds what those in flight, and those that lie ready for
// the next, hold in memory. A parcel counts from when it is handed on; those being
// filled are as many as there are readers.
type pool struct {
	limit  int64
	poison bool   // see event.Batch.Poison; tests set it
	press  func() // called when a reader begins to wait: sinks then wait for nothing

	mu      sync.Mutex
	used    int64
	ready   int64           // what the free ones hold
	free    []*parcel       // in the order in which they came back
	waiting []chan struct{} // readers, in the order in which they came
}

// parcel is a batch and where it belongs.
type parcel struct {
	batch  *event.Batch
	pool   *pool
	flight *flight // nil until it is handed on
	place  *place  // in the flight
	window int
	size   int64 // charged to the pool
}

// Windows grow with what an object has to give: a batch for each of a thousand
// idle logs must not cost a full window.
const smallestWindow = 8 << 10

// largeBatch is the size of a batch, with all that it holds, above which the
// next one is smaller: a flow log's document is fifteen times its line.
const largeBatch = 1 << 20

func newPool(limit int64, press func()) *pool {
	return &pool{limit: limit, press: press}
}

// get lends a parcel with a window of the given size. It waits while too much
// is in flight, but not once ctx has ended: the caller is about to see that,
// and ends. turn is called after waiting (see type turn).
func (p *pool) get(ctx context.Context, window int, turn func()) *parcel {
	p.mu.Lock()
	if p.used >= p.limit && ctx.Err() == nil {
		next := make(chan struct{})
		p.waiting = append(p.waiting, next)
		p.mu.Unlock()
		p.press()
		select {
		case <-next:
		case <-ctx.Done():
			p.forget(next)
		}
		turn()
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	for i, c := range slices.Backward(p.free) {
		if c.window == window {
			p.remove(i)
			return c
		}
	}
	p.shrink(int64(window))
	return p.fresh(window)
}

// remove takes a parcel from those that are free.
func (p *pool) remove(i int) {
	p.ready -= int64(p.free[i].batch.Memory())
	p.free = slices.Delete(p.free, i, i+1)
}

// shrink leaves free parcels to the garbage collector, those that came back first
// before others, until so much more memory may be in use.
func (p *pool) shrink(more int64) {
	for len(p.free) > 0 && p.used+p.ready+more > p.limit {
		p.remove(0)
	}
}

func (p *pool) fresh(window int) *parcel {
	c := &parcel{pool: p, window: window}
	c.batch = event.NewBatch(window, c.settled)
	if p.poison {
		c.batch.Poison()
	}
	return c
}

// starved reports whether readers wait for memory.
func (p *pool) starved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting) > 0
}

func (p *pool) forget(next chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == next {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return
		}
	}
}

// charge counts a parcel that is being handed on, and returns its size in bytes.
func (p *pool) charge(c *parcel, found Found) int64 {
	c.size = int64(c.batch.Memory())
	if found != nil {
		c.size += int64(found.Size())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used += c.size
	p.shrink(0)
	return c.size
}

// put takes a parcel back. Its memory is another batch's from now on, or the
// garbage collector's where all of the limit is in use. What one commit or one
// write of a sink lets go at once is dozens of parcels, so as many are kept: to make
// them anew each time, slots and documents with them, was most of all garbage.
func (p *pool) put(c *parcel) {
	size := c.size
	c.flight, c.place, c.size = nil, nil, 0
	c.batch.Reuse(c.settled)
	own := int64(c.batch.Memory())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= size
	if p.used+p.ready+own <= p.limit {
		p.ready += own
		p.free = append(p.free, c)
	}
	// Each reader that is let go may add a window; the rest wait for the next.
	for n := int64(0); len(p.waiting) > 0 && p.used+n*int64(c.window) < p.limit; n++ {
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
	}
}

// settled is called by the batch's last holder, from whichever goroutine.
func (c *parcel) settled(_ *event.Batch, err error) {
	flight, place := c.flight, c.place
	c.pool.put(c)
	if flight != nil {
		flight.settle(place, err)
	}
}
