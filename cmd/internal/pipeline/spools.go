package pipeline

import (
	"fmt"

	"github.com/burstwatch/burstwatch/internal/spool"
)

// spoolFolder is where a sink's spool lies.
func (p *Pipeline) spoolFolder(sink string) string {
	return p.FS.PathJoin(p.DataDir, "spool", sink)
}

// openSpools opens the spools of the sinks that have one, and of those that had
// one until their configuration was changed: what is in it is delivered first.
func (g *generation) openSpools() error {
	for _, o := range g.outlets {
		b := o.Options.Buffer
		store, err := spool.Open(g.p.FS, g.p.spoolFolder(o.Name), int64(b.MaxSize))
		if err != nil {
			return fmt.Errorf("sink %s: %w", o.Name, err)
		}
		spools := b.Type == Disk && !o.undocumented()
		if !spools && store.Empty() {
			continue
		}
		o.spool = &spooler{store: store, most: int64(b.MaxSize), queue: o.queue, sink: o.Name, refuse: o.refuseOne, giveUp: o.giveUp,
			log: o.log.With("spool", g.p.spoolFolder(o.Name)), now: g.p.Now, turn: g.p.turn,
			wait: backoff{DefaultSinkOptions().Retry, g.p.newRand()}, room: make(chan struct{}, 1)}
		o.queue.spooled, o.queue.unread = spools, store.Unread()
		if n := store.Stats().Records; n > 0 {
			o.in.Add(n)
			o.log.Info("the spool holds events from before: they are delivered first", "events", n)
		}
	}
	g.strays()
	return nil
}

// strays tells of spools whose sinks are not configured any more: nobody would
// deliver what is in them.
func (g *generation) strays() {
	names, err := g.p.FS.List(g.p.FS.PathJoin(g.p.DataDir, "spool"))
	if err != nil {
		return // there is none
	}
	known := map[string]bool{}
	for _, o := range g.outlets {
		known[o.Name] = true
	}
	for _, name := range names {
		if known[name] {
			continue
		}
		store, err := spool.Open(g.p.FS, g.p.spoolFolder(name), 0)
		if err == nil && !store.Empty() {
			g.p.Log.Warn("a spool holds events of a sink that is not configured any more: configure it again to have them delivered, or remove the folder",
				"sink", name, "events", store.Stats().Records, "folder", g.p.spoolFolder(name))
		}
	}
}

// spooled is how many events lie in spools.
func (g *generation) spooled() (n int64) {
	for _, o := range g.outlets {
		if o.spool != nil && !o.spool.store.Empty() {
			n += max(1, o.spool.store.Stats().Records)
		}
	}
	return n
}

func (g *generation) closeSpools() {
	for _, o := range g.outlets {
		if o.spool == nil {
			continue
		}
		if err := o.spool.store.Close(); err != nil {
			o.log.Error("the spool did not close well: what is in it may be delivered twice", "error", err)
		}
	}
}

func (g *generation) isClosing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closing
}
