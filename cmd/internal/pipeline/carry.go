package pipeline

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
)

// carry holds back the end of a piece of an over-sized record until the next
// piece is there: a secret that lies across the cut would be seen in neither.
// The position stays before the batch that the end belongs to for so long. The
// batch itself is not held: it could be the memory that the next piece waits for.
type carry struct {
	tail  []byte
	last  quarantine.Record // of the piece that tail is the end of
	place *place
}

// longestSecret is how much text a secret and what gives it away may take: a
// private key of 4096 bits does not reach it.
const longestSecret = 4 << 10

// quarantine hands over what the parser rejected.
func (w *worker) quarantine(b *event.Batch, at *place) {
	if len(b.Rejects) == 0 {
		return
	}
	var lines []byte
	held := w.carry.place
	w.carry.place = nil
	for i := range b.Rejects {
		lines = w.reject(lines, b, &b.Rejects[i])
	}
	if len(w.carry.tail) > 0 {
		w.flight.hold(at)
		w.carry.place = at
	}
	b.Hold(1)
	w.g.keep.add(lines, len(b.Rejects), func(err error) {
		if held != nil {
			w.flight.settle(held, err)
		}
		b.Done(err)
	})
}

// reject appends the line of one reject, and of what was held back before it.
func (w *worker) reject(lines []byte, b *event.Batch, r *event.Reject) []byte {
	from := b.OriginOf(r)
	rec := quarantine.Record{
		Time: w.g.p.Now(), Source: w.source.Name, Origin: from.Name, Identity: from.Identity,
		Offset: r.Offset, Dataset: datasetOf(b, from), Format: w.g.redactText(w.tools.Format()), Reason: w.g.redactText(r.Reason), Part: r.Part, More: r.More,
	}
	text := r.Raw
	if len(w.carry.tail) > 0 {
		if r.Part > 1 {
			rec.Offset -= int64(len(w.carry.tail))
			text = append(w.carry.tail, text...)
			w.carry.tail = nil
		} else {
			lines = w.carry.flush(lines, w.g)
		}
	}
	var rest []byte
	rec.Raw, rec.Redacted, rest = w.g.redact(text, r.More)
	if len(rest) > 0 {
		w.carry.tail, w.carry.last = bytes.Clone(rest), rec
		w.carry.last.Offset += int64(len(text) - len(rest))
	}
	return rec.Append(lines)
}

// datasetOf is the dataset that the source declared, or that of what was read
// beside: a piece of a record alone does not tell.
func datasetOf(b *event.Batch, from *event.Origin) string {
	if from.Dataset == "" && from == b.Origin && len(b.Events) > 0 && b.Events[0].Schema != nil {
		return b.Events[0].Schema.Dataset()
	}
	return from.Dataset
}

// flush appends what is held back as the last piece of its record.
func (c *carry) flush(lines []byte, g *generation) []byte {
	c.last.Part, c.last.More = c.last.Part+1, false
	c.last.Raw, c.last.Redacted, _ = g.redact(c.tail, false)
	c.tail = nil
	return c.last.Append(lines)
}

// endCarry sees to what is held back when reading has ended without another
// piece: at the object's end it is the last one.
func (w *worker) endCarry(err error) {
	held := w.carry.place
	if held == nil {
		return
	}
	w.carry.place = nil
	if err != nil {
		w.flight.settle(held, err)
		return
	}
	w.g.keep.add(w.carry.flush(nil, w.g), 0, func(err error) { w.flight.settle(held, err) })
}

// redact takes the secrets out of text. If more of it follows elsewhere, the
// end is returned as rest, cut where no secret lies across: what is on either
// side, redacted alone, is what it is when redacted together.
func (g *generation) redact(text []byte, more bool) (out []byte, changed bool, rest []byte) {
	if g.p.Redact == nil {
		return text, false, nil
	}
	out, changed = g.p.Redact.Text(nil, text)
	if !more {
		return out, changed, nil
	}
	for back := g.p.secret; back < len(text) && back <= 4*g.p.secret; back += g.p.secret {
		cut := len(text) - back
		first, was := g.p.Redact.Text(nil, text[:cut])
		second, _ := g.p.Redact.Text(nil, text[cut:])
		if len(first)+len(second) == len(out) && bytes.HasPrefix(out, first) && bytes.HasSuffix(out, second) {
			return first, was, text[cut:]
		}
	}
	return out, changed, nil
}

// redactText is a reason, which may quote what it is about, without its secrets.
func (g *generation) redactText(text string) string { return g.p.redactText(text) }

func (p *Pipeline) redactText(text string) string {
	if p.Redact == nil {
		return text
	}
	out, _ := p.Redact.Text(nil, []byte(text))
	return string(out)
}
