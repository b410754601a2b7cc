package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestTheHeapFillsItsRoomAndNoMore: little that lives leaves room for much
// garbage; what is more than the room has the least share.
func TestTheHeapFillsItsRoomAndNoMore(t *testing.T) {
	c := &collector{room: 40e6, least: 60, most: 400}
	for live, want := range map[uint64]int{0: 400, 1e6: 400, 10e6: 300, 20e6: 100, 25e6: 60, 1e9: 60} {
		if got := c.share(live); got != want {
			t.Errorf("with %d bytes alive the heap grows by %d %%, not %d %%", live, got, want)
		}
	}
}

// TestTheShareFollowsTheHeap: it is chosen anew after collections, and left as it
// was found.
func TestTheShareFollowsTheHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := percent()
	c := &collector{room: 40e6, least: 60, most: 400}
	stop := c.start()
	held := make([]byte, 200<<20)
	for range 500 {
		if runtime.GC(); c.chosen() == c.least {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if got := c.chosen(); got != c.least {
		t.Errorf("with %d bytes alive the heap may grow by %d %%", len(held), got)
	}
	runtime.KeepAlive(held)
	stop()
	runtime.GC()
	if got := percent(); got != before {
		t.Errorf("%d %% are left behind, not %d %%", got, before)
	}
}

func (c *collector) chosen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.percent
}

// percent is the share that is set now, while nobody else sets it.
func percent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}
