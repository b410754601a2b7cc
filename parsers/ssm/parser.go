package ssm

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
)

// isText is the flag of an event whose record is no chunk but text.
const isText = 1

// parser frames as package generic does, and says what the frames are.
type parser struct {
	schema schema
	frames parsers.Parser
	origin *event.Origin
	// at is the time that the transcript told last, which its lines have: none
	// has one of its own.
	at int64
}

// Reset begins a new origin.
func (p *parser) Reset(o *event.Origin, mark []byte) {
	p.origin, p.at = o, 0
	if at, n := binary.Varint(mark); n > 0 {
		p.at, mark = at, mark[n:]
	}
	p.frames.Reset(o, mark)
}

// Mark is the time, and what the framing needs.
func (p *parser) Mark() []byte {
	return append(binary.AppendVarint(nil, p.at), p.frames.Mark()...)
}

// Parse reads the records of window; see parsers.Parser.
func (p *parser) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	first := len(b.Events)
	n, err := p.frames.Parse(window, base, atEOF, b)
	for i := first; i < len(b.Events); i++ {
		p.label(&b.Events[i])
	}
	return n, err
}

func (p *parser) label(e *event.Event) {
	e.Schema, e.Slots, e.Flags, e.Time = p.schema, nil, 0, 0
	if e.Record[0] == '{' && isChunk(e.Record) {
		for it := jsonscan.Object(e.Record); it.Next(); {
			if jsonscan.Is(it.Key, "eventTime") {
				e.Time = timeOf(it.Value)
			}
		}
	} else {
		e.Flags = isText
		if at := scriptTime(e.Record); at != 0 {
			p.at = at
		}
		e.Time = p.at
	}
	if m := p.origin.Message; m != nil && e.Time == 0 {
		e.Time = m.Time
	}
}

func timeOf(raw []byte) int64 {
	if len(raw) < 2 || raw[0] != '"' {
		return 0
	}
	t, _ := event.ParseTime(event.AppendUnescaped(nil, raw[1:len(raw)-1]))
	return t
}

// scriptTime is the time in a line of script(1), which makes the transcripts of
// Linux: "Script started on 2022-01-25 06:49:24+0000"; 0 for other lines.
func scriptTime(line []byte) int64 {
	rest, ok := bytes.CutPrefix(line, scriptStarted)
	if !ok {
		if rest, ok = bytes.CutPrefix(line, []byte("Script done on ")); !ok {
			return 0
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05-0700", "2006-01-02 15:04:05-07:00"} {
		if len(rest) >= len(layout) {
			if t, err := time.Parse(layout, string(rest[:len(layout)])); err == nil {
				return t.UnixNano()
			}
		}
	}
	return 0
}

// lastPart is the last part of a path, a key, or a group and stream.
func lastPart(name string) string {
	if i := strings.LastIndexAny(name, "/:\\"); i >= 0 {
		name = name[i+1:]
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".log")
}

var _ parsers.Parser = (*parser)(nil)
