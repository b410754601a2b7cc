package pipeline

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/rules/window"
)

// The tests' own log family: each line is one record. One that begins with "!"
// cannot be read; one with "alert" in it is what the tests' judge reacts to.
// Nothing of other stages is needed, and everything is plain to see.

type lineSchema struct{ dataset string }

func (s *lineSchema) Dataset() string { return s.dataset }
func (s *lineSchema) Index() []string { return nil }

func (s *lineSchema) Getter(name string) event.Getter {
	if name != "cloud.account.id" {
		return nil
	}
	return event.GetterFunc(func(dst []event.Value, e *event.Event, _ *event.Scratch) []event.Value {
		account, _, ok := bytes.Cut(e.Record, []byte("@"))
		if !ok {
			return dst
		}
		return append(dst, event.Text(account))
	})
}

func (s *lineSchema) ID(e *event.Event, scratch *event.Scratch) event.ID {
	return event.HashID(scratch, e.Origin.Identity, strconv.AppendInt(nil, e.Offset, 10))
}

var (
	keyDataset  = mustKey("event.dataset")
	keyOriginal = mustKey("event.original")
	keyOffset   = mustKey("log.offset")
)

func mustKey(name string) event.Key {
	k, ok := event.KeyOf(name)
	if !ok {
		panic(name)
	}
	return k
}

func (s *lineSchema) Fields(dst []event.Field, e *event.Event, scratch *event.Scratch) []event.Field {
	if bytes.Contains(e.Record, []byte("no document")) {
		panic("a bug of the schema")
	}
	e.DeliveryID = s.ID(e, scratch)
	return append(dst,
		event.Field{Key: keyDataset, Value: event.Str(s.dataset)},
		event.Field{Key: keyOriginal, Value: event.Text(e.Record)},
		event.Field{Key: keyOffset, Value: event.Int64(e.Offset)})
}

// lineDoc is the document of a line, made without the pipeline.
func lineDoc(dataset, line string, offset int64) string {
	return string(event.AppendDocument(nil, []event.Field{
		{Key: keyDataset, Value: event.Str(dataset)},
		{Key: keyOriginal, Value: event.Str(line)},
		{Key: keyOffset, Value: event.Int64(offset)},
	}))
}

var (
	plainLines = &lineSchema{"test.plain"}
	otherLines = &lineSchema{"test.other"} // of lines that begin with "o"
)

type lineParser struct {
	max    int
	number int64
	part   int // pieces of the over-sized line so far
}

func lineSpecs() []parsers.Spec {
	return []parsers.Spec{{
		Name:    "lines",
		Schemas: []event.Schema{plainLines, otherLines},
		Detect:  func(string, []byte) int { return 3 },
		New:     func(o parsers.Options) parsers.Parser { return &lineParser{max: o.MaxRecord} },
	}}
}

func (p *lineParser) Reset(_ *event.Origin, mark []byte) {
	p.number, p.part = 0, 0
	if len(mark) > 0 {
		fmt.Sscan(string(mark), &p.part)
	}
}

// Mark says whether an over-sized line is being passed over.
func (p *lineParser) Mark() []byte {
	if p.part == 0 {
		return nil
	}
	return strconv.AppendInt(nil, int64(p.part), 10)
}

func (p *lineParser) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	at := 0
	for at < len(window) {
		n := bytes.IndexByte(window[at:], '\n')
		switch {
		case n >= 0:
			p.line(b, window[at:at+n], base+int64(at), false)
			at += n + 1
		case atEOF:
			p.line(b, window[at:], base+int64(at), false)
			at = len(window)
		case len(window)-at >= p.max:
			p.line(b, window[at:], base+int64(at), true)
			at = len(window)
		default:
			return at, nil
		}
	}
	if atEOF && p.part > 0 {
		b.Reject(event.Reject{Offset: base + int64(at), Reason: "the line is too long", Part: p.part + 1})
		p.part = 0
	}
	return at, nil
}

func (p *lineParser) line(b *event.Batch, text []byte, offset int64, more bool) {
	switch {
	case more || p.part > 0:
		p.part++
		b.Reject(event.Reject{Offset: offset, Raw: text, Reason: "the line is too long", Part: p.part, More: more})
		if !more {
			p.part = 0
		}
	case len(text) >= p.max: // a window happened to hold it whole
		b.Reject(event.Reject{Offset: offset, Raw: text, Reason: "the line is too long"})
	case len(text) > 0 && text[0] == '!':
		b.Reject(event.Reject{Offset: offset, Raw: text, Reason: "the line begins with an exclamation mark"})
	case len(text) > 0:
		e := b.Add(0)
		e.Schema, e.Record, e.Offset, e.Number = plainLines, text, offset, p.number
		if text[0] == 'o' {
			e.Schema = otherLines
		}
		p.number++
	}
}

// lineJudge makes an alert of each line with "alert" in it.
type lineJudge struct {
	before  func(*event.Batch) // may be nil
	scratch event.Scratch
}

func (j *lineJudge) Batch(b *event.Batch) Found {
	if j.before != nil {
		j.before(b)
	}
	var found lineFound
	for i := range b.Events {
		e := &b.Events[i]
		if bytes.Contains(e.Record, []byte("alert")) {
			found = append(found, &event.Event{
				Doc: []byte(alertDoc(string(e.Record))), Alert: true, Offset: e.Offset, DeliveryID: alertID(e.Schema.ID(e, &j.scratch)),
			})
		}
	}
	if found == nil {
		return nil
	}
	return found
}

// lineFound are the alerts of a batch.
type lineFound []*event.Event

func (f lineFound) Size() int    { return 200 * len(f) }
func (f lineFound) Matches() int { return len(f) }

// lineCases remember alerts by their id, so that a repeat makes none, until every
// sink has them. The tests' own: what it promises is what the pipeline asks for.
type lineCases struct {
	mu     sync.Mutex
	told   map[event.ID]bool
	outbox []window.Alert
	last   uint64
}

func (c *lineCases) Commit(found []Found, _ []window.Frontier) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told == nil {
		c.told = map[event.ID]bool{}
	}
	for _, f := range found {
		alerts, _ := f.(lineFound)
		for _, a := range alerts {
			if !c.told[a.DeliveryID] {
				c.last++
				c.told[a.DeliveryID] = true
				c.outbox = append(c.outbox, window.Alert{Number: c.last, Event: a})
			}
		}
	}
	return nil
}

func (c *lineCases) Flush() error    { return nil }
func (c *lineCases) Wake() time.Time { return time.Time{} }

func (c *lineCases) Pending(from uint64, most int) (list []window.Alert, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.outbox {
		if a.Number >= from && len(list) < most {
			list = append(list, a)
		}
	}
	return list, nil
}

func (c *lineCases) Drop(numbers []uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox = slices.DeleteFunc(c.outbox, func(a window.Alert) bool { return slices.Contains(numbers, a.Number) })
	return nil
}

func (c *lineCases) Stats() window.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return window.Stats{Outbox: int64(len(c.outbox))}
}

func alertID(of event.ID) event.ID {
	return event.HashID(&event.Scratch{}, []byte("alert"), of[:])
}

func alertDoc(line string) string {
	return string(event.AppendDocument(nil, []event.Field{{Key: keyOriginal, Value: event.Str("about " + line)}}))
}
