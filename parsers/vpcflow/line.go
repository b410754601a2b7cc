package vpcflow

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

const bom = "\xef\xbb\xbf"

// line reads a line with care. An error is one of the whole origin.
func (p *parser) line(line []byte, offset int64, b *event.Batch) error {
	if offset == 0 && bytes.HasPrefix(line, []byte(bom)) {
		line, offset = line[len(bom):], int64(len(bom))
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if p.words = words(line, p.words, 1); len(p.words) == 0 {
		return nil
	}
	if isHeader(line) {
		return p.header(line)
	}
	comment := line[p.words[0].Start] == '#'
	if p.layout == nil && !comment {
		p.guess(line)
	}
	reason := p.record(line, offset, b)
	if reason == "" {
		p.number++
		return nil
	}
	if comment {
		return nil
	}
	b.Reject(event.Reject{Offset: offset, Raw: line, Reason: reason})
	p.number++
	if p.layout == nil {
		if p.unfit++; p.unfit >= maxUnfit {
			return fmt.Errorf("none of the first %d lines of the flow log could be read: %s", p.unfit, reason)
		}
	}
	return nil
}

func (p *parser) header(line []byte) (err error) {
	p.mark = nil
	p.layout, err = p.layouts.of(string(line))
	return err
}

// guess takes a line without a header for one of the default formats, if it fits.
func (p *parser) guess(line []byte) {
	for _, format := range []string{formatV2, formatTGW} {
		l, err := p.layouts.of(format)
		if err == nil && l.fits(line) {
			p.layout, p.mark = l, nil
			return
		}
	}
}

// fits reports whether a line can be one of a default format: whether the
// columns that can hold only few values hold these.
func (l *layout) fits(line []byte) bool {
	w := words(line, nil, len(l.slots))
	if len(w) != len(l.slots) {
		return false
	}
	for i, s := range l.slots {
		v := string(line[w[i].Start:w[i].End])
		switch columns[s].name {
		case "action":
			if v != "ACCEPT" && v != "REJECT" && v != "-" {
				return false
			}
		case "log-status":
			if v != "OK" && v != "NODATA" && v != "SKIPDATA" {
				return false
			}
		case "end":
			if _, ok := whole([]byte(v)); !ok {
				return false
			}
		}
	}
	return true
}

// errNoLayout is what a user can do about lines whose columns nobody knows.
var errNoLayout = errors.New("a flow log line without a header, and not of the default format: set the source's format to the columns of the flow log, such as \"${version} ${srcaddr} ${dstaddr} …\"")

// record adds the event of a line, or says why it has none.
func (p *parser) record(line []byte, offset int64, b *event.Batch) (reason string) {
	if i := control(line); i >= 0 {
		return fmt.Sprintf("byte %d of the flow log line is the control character 0x%02x", i+1, line[i])
	}
	l := p.layout
	if l == nil {
		return errNoLayout.Error()
	}
	line, damage := parsers.Repair(line, b)
	p.words = words(line, p.words, len(l.slots))
	if n := len(p.words); n < len(l.slots) {
		return fmt.Sprintf("the flow log line has only %d of the %d columns of its header", n, len(l.slots))
	}
	if n := len(p.words); n > len(l.slots) && line[p.words[len(l.slots)].Start] != '#' {
		return fmt.Sprintf("the flow log line has more columns than the %d of its header", len(l.slots))
	}
	ev := b.Add(l.size)
	for i, s := range l.slots {
		if w := p.words[i]; w.Len() > 1 || line[w.Start] != '-' {
			ev.Slots[s] = w
		}
	}
	ev.Record = line
	if !l.stamp(ev) {
		b.Drop()
		return fmt.Sprintf("the column %s of the flow log line is no time in seconds since 1970", columns[l.time].name)
	}
	ev.Schema, ev.Names, ev.Offset, ev.Number, ev.Damage = p.schema, l.names, offset, p.number, damage
	return ""
}

func control(line []byte) int {
	return bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' })
}
