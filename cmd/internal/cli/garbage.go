package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// A program whose heap is small spends much of its time collecting the little
// garbage that its heap may grow by: at ten megabytes, every ten. A fixed and
// larger share (GOGC) would be too much once the heap is large, and a limit
// (GOMEMLIMIT) has it collect without end once the heap is larger than that. So
// after each collection the share is chosen anew: as much as fits into room.

// collector says when garbage is collected.
type collector struct {
	room        uint64 // bytes that the heap may take without being collected
	least, most int    // in percent of what lives

	mu      sync.Mutex
	percent int
	stopped bool
}

// Of a scan 64 MB are promised with two workers, of the service 256 MB with a
// sink down; beside the heap both need some.
func ofScan() *collector    { return &collector{room: 40e6, least: 60, most: 400} }
func ofService() *collector { return &collector{room: 160e6, least: 100, most: 400} }

// atStart is the first share. It is not most: what is chosen after the first
// collection is known some time later, and the heap is about to grow.
const atStart = 300

// start has garbage collected so, until stop. Who sets GOGC or GOMEMLIMIT decides
// for themselves.
func (c *collector) start() (stop func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	c.percent = atStart
	before := debug.SetGCPercent(atStart)
	c.watch()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopped = true
		debug.SetGCPercent(before)
	}
}

// watch chooses at the end of each collection: nothing else refers to the object
// that it makes.
func (c *collector) watch() {
	type sentinel struct{ *collector }
	runtime.AddCleanup(&sentinel{c}, (*collector).choose, c)
}

func (c *collector) choose() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	if p := c.share(live[0].Value.Uint64()); p != c.percent {
		c.percent = p
		debug.SetGCPercent(p)
	}
	c.watch()
}

// share is how many percent of what lives the heap may grow by.
func (c *collector) share(live uint64) int {
	return min(max(int(c.room*100/max(live, 1))-100, c.least), c.most)
}
