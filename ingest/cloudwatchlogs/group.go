package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
)

// group is one log group. Its place's goroutine reads it; settlements come from
// the pipeline's.
type group struct {
	*place
	// account is that of the group's ARN: another than the place's where the
	// group is linked.
	account, name string
	// arn is the group's, by which a linked one is asked for; "" for the place's own.
	arn string

	store *state.Store
	space state.Space
	met   bool  // load or meet has been
	born  int64 // when the group was met; what was taken in before is the fill lane's
	lanes []*lane
	ids   event.Scratch

	mu sync.Mutex
	// open counts what was handed on and has not settled; spoiled is set when
	// something of it could not be delivered.
	open    int
	spoiled bool
	settled chan struct{} // poked when open falls to 0
}

func (p *place) newGroup(account, name, arn string) *group {
	g := &group{place: p, account: account, name: name, arn: arn, store: p.src.env.State, space: state.Source(p.src.env.Name),
		lanes: lanesOf(&p.src.options), settled: make(chan struct{}, 1)}
	for _, l := range g.lanes {
		l.seen = map[event.ID]stamp{}
	}
	return g
}

// String is the group as sentences name it.
func (g *group) String() string {
	return fmt.Sprintf("log group %s of account %s in %s", g.name, g.account, g.region)
}

// errSpoiled is why a slice is read again.
var errSpoiled = errors.New("not everything could be delivered")

// round does what is due: of each lane one slice, of the near one all. more says
// that there is more to do at once.
func (g *group) round(ctx context.Context, out ingest.Emitter) (more bool, err error) {
	if err := g.meet(ctx); err != nil {
		return false, err
	}
	for _, l := range g.lanes {
		if !l.due(g.now(), g.src.options.Overlap.Milliseconds()) {
			continue
		}
		for {
			if err := g.slice(ctx, out, l); err != nil {
				return false, err
			}
			if l.every > 0 || l.fill || l.Limit == 0 {
				break
			}
		}
		more = more || l.fill && !l.Done || l.Limit != 0
	}
	return more, nil
}

// meet reads what is known of the group, or begins with it.
func (g *group) meet(ctx context.Context) error {
	if g.met {
		return nil
	}
	known, err := g.load()
	if err != nil {
		return err
	}
	if !known {
		if err := g.begin(ctx); err != nil {
			return err
		}
	}
	g.met = true
	return nil
}

// begin meets a group for the first time. What it holds is not asked for before
// that is kept, or a crash could move what counts as old.
func (g *group) begin(ctx context.Context) error {
	if _, err := g.search(ctx, query{slice: slice{from: g.now(), open: true}, limit: 1}); err != nil {
		return fmt.Errorf("read %s: %w", g, err)
	} // and now the clock of AWS is known
	start, err := g.src.options.start()
	if err != nil {
		return err
	}
	g.born = g.now()
	if start >= 0 {
		g.born -= g.src.options.Overlap.Milliseconds()
	}
	for _, l := range g.lanes {
		l.record = record{Floor: g.born}
		if l.fill {
			l.record = record{At: max(start, 0), Done: start < 0}
		}
	}
	return g.keepBirth()
}

// slice reads the next slice of a lane, and returns when all of it is delivered.
func (g *group) slice(ctx context.Context, out ingest.Emitter, l *lane) error {
	if err := g.rest(ctx); err != nil {
		return err
	}
	g.mu.Lock()
	g.spoiled = false // of a slice that was given up, and is read again
	g.mu.Unlock()
	l.begin()
	if nothing, err := g.sweep(ctx, l); err != nil {
		return err
	} else if nothing {
		return g.moved(l, func() { l.passed(slice{to: l.Limit, open: true}, 0) })
	}
	s := l.next(g.now())
	pages, err := g.read(ctx, out, l, s)
	if err != nil {
		return err
	}
	if err := g.rest(ctx); err != nil {
		return err
	}
	return g.moved(l, func() { l.passed(s, pages) })
}

// moved moves a lane on and keeps that.
func (g *group) moved(l *lane, pass func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spoiled {
		return errSpoiled
	}
	pass()
	if err := g.keepPassed(l); err != nil {
		return fmt.Errorf("keep the position in %s: %w", g, err)
	}
	return nil
}

// rest waits until everything that was handed on has settled.
func (g *group) rest(ctx context.Context) error {
	for {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		if open == 0 {
			return nil
		}
		select {
		case <-g.settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// through is how far the group is complete, in event time: what is written
// later than the overlap allows is left to the lateness that rules wait for.
func (g *group) through() int64 {
	t := int64(0)
	for _, l := range g.lanes {
		switch {
		case l.every > 0:
		case !l.fill:
			t = max(t, l.Floor)
		case !l.Done:
			return min(l.At, g.born)
		}
	}
	return t
}
