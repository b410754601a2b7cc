// Package console is the sink that prints: NDJSON for a pipe, one readable line
// for an event or alert on a terminal. Whatever came from a log is escaped, so
// that no record can command the terminal that shows it.
//
// It knows documents only, and imports internal/ and the stage's door. The
// catalogue in cmd hands it the program's standard output.
package console

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks"
)

// Output is where the lines go: the program's standard output.
type Output struct {
	// Writer is shared by every console sink.
	Writer io.Writer
	// Terminal says that people read it: then text is the default, not NDJSON.
	Terminal bool
	// Color allows levels to be coloured in text.
	Color bool
}

// Options are the sink's keys.
type Options struct {
	Format   string `yaml:"format" doc:"json, one ECS document a line; text, one line for people; auto, text on a terminal and json otherwise."`
	MinLevel string `yaml:"min_level" doc:"Alerts below are not printed: informational, low, medium, high or critical."`
}

// Validate checks format and level.
func (o *Options) Validate() error {
	if o.MinLevel != "" && !slices.Contains(summary.Levels, o.MinLevel) {
		return plugin.FieldError{Key: "min_level", Reason: "want one of " + strings.Join(summary.Levels, ", ")}
	}
	switch o.Format {
	case "auto", "json", "text":
		return nil
	}
	return plugin.FieldError{Key: "format", Reason: "want auto, json or text"}
}

// Spec offers the sink.
func Spec(out Output) plugin.Spec[sinks.Sink] {
	shared := &stream{w: out.Writer}
	return plugin.Define("console", "Prints events and alerts to standard output.", Options{Format: "auto", MinLevel: summary.Levels[0]},
		func(_ plugin.Env, o Options) (sinks.Sink, error) {
			s := &sink{out: shared, line: (&text{color: out.Color}).append, least: slices.Index(summary.Levels, o.MinLevel)}
			if o.Format == "json" || o.Format == "auto" && !out.Terminal {
				s.line = appendJSON(out.Terminal)
			}
			return s, nil
		})
}

// flushAt bounds the bytes gathered before they are written.
const flushAt = 256 << 10

type sink struct {
	out  *stream
	line func(dst []byte, e *event.Event) []byte
	buf  []byte
	ends []int // where each gathered event's line ends in buf
	// least is the level, as an index of summary.Levels, from which on alerts are printed.
	least int
}

// prints reports whether an event is to be printed. What has no level that is
// known is.
func (s *sink) prints(e *event.Event) bool {
	if !e.Alert || s.least <= 0 {
		return true
	}
	at := slices.Index(summary.Levels, summary.Of(e.Doc).Alert.Level)
	return at < 0 || at >= s.least
}

// Write prints the events. What was printed before an error is not asked for
// again; a line that was cut in two is completed before anything else is
// printed, and its event printed again whole.
func (s *sink) Write(ctx context.Context, events []*event.Event) error {
	var rejected []sinks.Rejected
	var kept []int // index of each gathered event
	s.buf, s.ends = s.buf[:0], s.ends[:0]
	for i, e := range events {
		if len(e.Doc) == 0 {
			rejected = append(rejected, sinks.Rejected{Index: i, Reason: "the event has no document"})
			continue
		}
		if !s.prints(e) {
			continue
		}
		s.buf = append(s.line(s.buf, e), '\n')
		s.ends, kept = append(s.ends, len(s.buf)), append(kept, i)
		if len(s.buf) < flushAt {
			continue
		}
		if err := s.flush(ctx); err != nil {
			return s.verdict(err, kept, i+1, len(events), rejected)
		}
		kept = kept[:0]
	}
	if err := s.flush(ctx); err != nil {
		return s.verdict(err, kept, len(events), len(events), rejected)
	}
	if len(rejected) > 0 {
		return &sinks.PartialError{Reject: rejected}
	}
	return nil
}

// flush writes what was gathered; on an error ends holds the lines not written.
func (s *sink) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := s.out.write(s.buf)
	if err == nil {
		s.buf, s.ends = s.buf[:0], s.ends[:0]
		return nil
	}
	done := 0
	for done < len(s.ends) && s.ends[done] <= n {
		done++
	}
	s.ends = s.ends[done:]
	return fmt.Errorf("write to standard output: %w", err)
}

// verdict names the gathered events whose lines were not written, and all that
// were not yet gathered.
func (s *sink) verdict(err error, kept []int, next, all int, rejected []sinks.Rejected) error {
	p := &sinks.PartialError{Reject: rejected, Err: err}
	p.Retry = append(p.Retry, kept[len(kept)-len(s.ends):]...)
	for i := next; i < all; i++ {
		p.Retry = append(p.Retry, i)
	}
	return p
}

// Close does nothing: the stream is the program's.
func (s *sink) Close(context.Context) error { return nil }

// stream is what all console sinks of the program share.
type stream struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte // of a line that was cut in two
}

// write returns how many bytes of b were written; a line of them may be cut.
func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) > 0 {
		n, err := s.w.Write(s.rest)
		s.rest = s.rest[n:]
		if err != nil {
			return 0, err
		}
	}
	if len(b) == 0 {
		return 0, nil
	}
	n, err := s.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if cut := n > 0 && b[n-1] != '\n'; err != nil && cut {
		line, _, _ := strings.Cut(string(b[n:]), "\n")
		s.rest = []byte(line + "\n")
	}
	return n, err
}
