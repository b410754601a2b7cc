package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// simOrigin is what lies behind a source: objects, and what the source
// remembers of them. It outlives every process, but for what was not synced.
type simOrigin struct {
	w       *world
	name    string
	queue   bool // like SQS: nothing is remembered but what is deleted; else positions
	finite  bool // the source returns when it has emitted everything
	objects []*simObject
}

// pick is an object to be emitted now, nil if there is none.
func (s *simOrigin) pick(emitted map[*simObject]bool) *simObject {
	var ready []*simObject
	for _, o := range s.objects {
		free := o.open == 0 || s.queue && o.open == 1 && !s.w.calm && s.w.chance(8) // redelivered while at work
		if !o.settled && free && !time.Now().Before(o.again) && !(s.finite && emitted[o]) {
			ready = append(ready, o)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	return ready[s.w.rng.IntN(len(ready))]
}

// simSource is one process's source.
type simSource struct {
	b  *boundary
	at *simOrigin
}

func (s *simSource) Run(ctx context.Context, out ingest.Emitter) error {
	emitted := map[*simObject]bool{}
	for {
		switch s.b.park(ctx, "poll", s.at.name, "error", "panic") {
		case "error":
			return errors.New("the source failed")
		case "panic":
			panic("a bug of the source")
		case "dead", "ctx":
			return ctx.Err()
		}
		out.Frontier(ingest.Frontier{Dataset: "test.plain", Through: time.Now()})
		o := s.at.pick(emitted)
		if o == nil && s.at.finite && s.at.all(emitted) {
			return nil
		}
		if o == nil {
			turn(nil).rest(ctx, time.Second, "", "")
			continue
		}
		emitted[o] = true
		if err := s.emit(ctx, out, o); err != nil {
			return nil
		}
	}
}

func (s *simOrigin) all(emitted map[*simObject]bool) bool {
	for _, o := range s.objects {
		if !o.settled && !emitted[o] {
			return false
		}
	}
	return true
}

func (s *simSource) emit(ctx context.Context, out ingest.Emitter, o *simObject) error {
	o.emissions++
	e := &emission{source: s, object: o, ctx: ctx, name: fmt.Sprintf("%s#%d", o.name, o.emissions), last: -1}
	obj := &ingest.Object{
		Origin: &event.Origin{Source: s.at.name, Name: e.name, Identity: []byte("id of " + o.name)},
		Body:   e, Size: -1, Progress: e.progress, Settled: e.settled,
	}
	if s.at.w.chance(2) && o.shown == len(o.content) {
		obj.Size = int64(len(o.content))
	}
	if !s.at.queue {
		obj.From, obj.Mark = o.recent.upto, o.recent.mark
		if s.at.w.chance(2) {
			obj.Seeked, e.at = true, int(obj.From)
		}
		e.last = obj.From
	}
	if mutate := s.b.w.mutant.emit; mutate != nil {
		mutate(e, obj)
	}
	o.open++
	err := out.Object(ctx, obj)
	if err != nil {
		o.open--
	}
	return err
}

// emission is one object on its way through one process.
type emission struct {
	source *simSource
	object *simObject
	ctx    context.Context
	name   string
	at     int  // read so far
	idle   bool // ErrIdle was returned last
	last   int64
	ended  bool
	closed bool
}

func (e *emission) Close() error { e.closed = true; return nil }

func (e *emission) Read(p []byte) (int, error) {
	b, o := e.source.b, e.object
	ctx := context.Background()
	if e.idle {
		ctx = e.ctx // waiting for more ends with the source
	}
	for {
		fate := b.park(ctx, "read", e.name, "short", "short", "short", "error", "some and error")
		if fate == "dead" || fate == "ctx" || fate == "error" {
			return 0, errors.New("read failed: " + fate)
		}
		have := o.content[e.at:o.shown]
		if have == "" && o.shown < len(o.content) && e.idle {
			turn(nil).rest(e.ctx, 200*time.Millisecond, "", "")
			continue // as a file that is followed waits
		}
		n := copy(p, have)
		if (fate == "short" || fate == "some and error") && n > 1 {
			n = 1 + b.w.rng.IntN(n-1)
		}
		e.at, e.idle = e.at+n, false
		if mutate := b.w.mutant.read; mutate != nil {
			mutate(e)
		}
		switch {
		case fate == "some and error":
			return n, errors.New("the connection was cut")
		case e.at == len(o.content):
			return n, io.EOF
		case e.at == o.shown:
			e.idle = true
			return n, ingest.ErrIdle
		}
		return n, nil
	}
}

func (e *emission) progress(upto int64, mark []byte) {
	b, o := e.source.b, e.object
	fate := b.park(context.Background(), "progress", fmt.Sprintf("%s to %d", e.name, upto))
	if fate == "dead" {
		return
	}
	switch {
	case e.ended:
		b.w.fail("%s: progress after it was settled", e.name)
	case upto < e.last:
		b.w.fail("%s: progress to %d after %d", e.name, upto, e.last)
	case upto > int64(len(o.content)):
		b.w.fail("%s: progress to %d of %d bytes", e.name, upto, len(o.content))
	}
	e.last = upto
	b.w.safe(o, upto, "progress of "+e.name)
	if !e.source.at.queue {
		o.recent = position{upto: upto, mark: mark}
	}
}

func (e *emission) settled(err error) {
	b, o := e.source.b, e.object
	fate := b.park(context.Background(), "settled", fmt.Sprintf("%s: %v", e.name, err != nil), "lost")
	if fate == "dead" {
		return
	}
	if e.ended {
		b.w.fail("%s: settled twice", e.name)
	}
	if !e.closed {
		b.w.fail("%s: settled with its body open", e.name)
	}
	e.ended = true
	o.open--
	o.again = time.Now().Add(time.Duration(b.w.rng.IntN(5000)) * time.Millisecond)
	if err != nil {
		return
	}
	b.w.safe(o, int64(len(o.content)), "settlement of "+e.name)
	if e.source.at.queue && fate == "lost" {
		return // the message could not be deleted
	}
	o.settled = true
	o.recent = position{upto: int64(len(o.content)), settled: true}
}
