package cloudtrail

import (
	"bytes"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// stretch rejects what cannot be read from i on, up to the next record that can
// be recognised, and returns where that begins; false asks for more of the
// origin. It looks from i on and not from the fault: an unclosed bracket shows
// only after records that are whole have been swallowed.
//
// A stretch that reaches the size of a record without an end in sight goes in
// pieces, so that no more of it is held in memory.
func (p *parser) stretch(i int, reason string) (int, bool) {
	from := i
	if p.part == 0 {
		from++
	}
	to, found := p.find(from)
	switch {
	case found || to == len(p.window) && p.atEOF:
		p.piece(i, to, reason, false)
		p.part, p.reason = 0, ""
		return to, found
	case len(p.window)-i < p.maxRecord:
		return i, false
	}
	if to > i && p.window[to-1] == '\n' {
		to-- // recognise has to see it before the next window's first byte
	}
	if to > i {
		p.piece(i, to, reason, true)
	}
	return to, false
}

// piece rejects window[from:to] as the next piece of a stretch, or as all of it.
func (p *parser) piece(from, to int, reason string, more bool) {
	r := event.Reject{Offset: p.base + int64(from), Raw: p.window[from:to], Reason: reason, More: more}
	if more || p.part > 0 {
		p.part++
		r.Part, p.reason = p.part, reason
	} else {
		r.Raw = bytes.TrimRight(r.Raw, ", \r\n\t")
	}
	p.batch.Reject(r)
}

// find looks from i on for a record that can be recognised. It returns its
// place, or else how far it is sure that none begins.
func (p *parser) find(i int) (int, bool) {
	for {
		n := bytes.IndexByte(p.window[i:], '{')
		if n < 0 {
			return len(p.window), false
		}
		i += n
		switch p.recognise(i) {
		case yes:
			return i, true
		case undecided:
			return i, false
		}
		i++
	}
}

type verdict uint8

const (
	no verdict = iota
	yes
	undecided // before more of the origin is shown
)

// recognise reports whether a whole record begins at the brace at i, or an
// object that holds an array of them. What an attacker can put into a record
// is not taken for one: inside a JSON string its quotes are escaped. An object
// at the begin of a line counts where lines are records, whatever it is.
func (p *parser) recognise(i int) verdict {
	line := p.mode == top && i > 0 && p.window[i-1] == '\n'
	if v := p.knownKey(i); v != yes && !line {
		return v
	}
	clear(p.trial)
	p.scan.begin(true)
	b := p.limited(i)
	n, f := p.scan.object(b, 0, recordNode, p.trial)
	switch {
	case p.incomplete(i, f):
		return undecided
	case f != jsonscan.OK:
		return no
	case p.scan.wrap == records:
		return p.recogniseWrap(i + n)
	case p.scan.wrap != noWrap:
		return no
	}
	e := event.Event{Record: b[:n], Slots: p.trial}
	if k := p.classify(&e); line || k == isRecord || k == isWrapped || k == isDigest || k == isBusEvent {
		return yes
	}
	return no
}

// knownKey reports whether the object at i begins with a key that records begin with.
func (p *parser) knownKey(i int) verdict {
	b := p.window[i:min(len(p.window), i+128)]
	at := jsonscan.Space(b, 1)
	if at < len(b) && b[at] != '"' {
		return no
	}
	end := -1
	if at < len(b) {
		end = bytes.IndexByte(b[at+1:], '"')
	}
	switch {
	case end < 0 && (p.atEOF || i+128 <= len(p.window)):
		return no
	case end < 0:
		return undecided
	}
	key := b[at+1 : at+1+end]
	if recordNode.lookup(key) != &unknown || digestNode.lookup(key) != &unknown || isBusKey(key) {
		return yes
	}
	return no
}

// isBusKey tells the keys with which EventBridge events begin.
func isBusKey(key []byte) bool {
	switch string(key) {
	case "version", "id", "account", "region", "time":
		return true
	}
	return false
}

// recogniseWrap looks at the first element of an array behind "Records".
func (p *parser) recogniseWrap(i int) verdict {
	b := p.limited(i)
	switch at := jsonscan.Space(b, 0); {
	case at < len(b) && b[at] == '{':
		return p.knownKey(i + at)
	case at < len(b) || p.atEOF || len(b) == p.maxRecord:
		return no
	}
	return undecided
}

// Mark implements parsers.Parser.
func (p *parser) Mark() []byte {
	if p.mode == top && p.part == 0 {
		return nil
	}
	m := binary.AppendUvarint([]byte{byte(p.mode)}, uint64(p.part))
	return append(m, p.reason...)
}

// unmark goes back to what Mark has noted.
func (p *parser) unmark(m []byte) {
	p.mode, p.part, p.reason = top, 0, ""
	if len(m) < 2 || m[0] > byte(inTail) {
		return
	}
	if part, n := binary.Uvarint(m[1:]); n > 0 {
		p.mode, p.part, p.reason = mode(m[0]), int(part), string(m[1+n:])
	}
}
