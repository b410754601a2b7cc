package pipeline

import (
	"context"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// last is the latest that was said of a dataset.
func (h *heard) last(dataset string) (through time.Time, said int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.frontiers {
		if f.Dataset == dataset {
			through, said = time.Unix(0, f.Through), said+1
		}
	}
	return through, said
}

// timed gives every record the time at which it is read.
type timed struct{ parsers.Parser }

func (p timed) Parse(w []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	n, err := p.Parser.Parse(w, base, atEOF, b)
	for i := range b.Events {
		b.Events[i].Time = time.Now().UnixNano()
	}
	return n, err
}

// A queue that is idle knows of no dataset, and goes on saying that all is told
// while none of them has an event.
func TestAFrontierWithoutNamesIsOfAllLogsOfItsSource(t *testing.T) {
	in(t, func(t *testing.T) {
		h := &heard{}
		var src runFunc = func(ctx context.Context, out ingest.Emitter) error {
			out.Frontier(ingest.Frontier{Through: time.Now()}) // nothing is known yet
			err := out.Object(ctx, &ingest.Object{Origin: &event.Origin{Name: "x", Identity: []byte("x")}, Body: ioNop("a\nother\n"), Size: -1})
			for ; err == nil && ctx.Err() == nil; time.Sleep(time.Minute) {
				out.Frontier(ingest.Frontier{Through: time.Now().Add(-time.Minute)})
			}
			return err
		}
		r := start(t, Parts{[]NamedSource{{"queue", src}}, []NamedSink{named("s", &memSink{})}}, func(c *Config) {
			c.Cases = h
			for i := range c.Specs {
				plain := c.Specs[i].New
				c.Specs[i].New = func(o parsers.Options) parsers.Parser { return timed{plain(o)} }
			}
		})
		after(10*time.Minute + time.Second)
		for _, dataset := range []string{"test.plain", "test.other"} {
			if through, said := h.last(dataset); said < 9 || time.Since(through) > 3*time.Minute {
				t.Errorf("%s: through %v, said %d times", dataset, through, said)
			}
		}
		for _, l := range r.p.Status().Logs {
			if l.Dataset == "" {
				t.Errorf("a log without a name: %+v", l)
			}
		}
		r.stop()
		after(2 * time.Minute)
	})
}
