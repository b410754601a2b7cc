package vpcflow

import (
	"bytes"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
)

// memory is what a worker remembers from one record to the next. It only saves
// time: whatever is not remembered is worked out.
type memory struct {
	texts       texts
	day         day
	addresses   [1 << 10]knownAddress
	communities communities
	insert      insertions
}

type memoryOwner struct{}

func memoryOf(s *event.Scratch) *memory {
	m, _ := s.Memo(memoryOwner{}, func() any { return new(memory) }).(*memory)
	return m
}

// knownAddress is an IPv4 address that was read: those inside of a network are
// few, and come back in every other line.
type knownAddress struct {
	text   [2]uint64 // as it stands, with zeros behind
	b      [4]byte
	inside bool
}

// textMasks leave of sixteen bytes the first ones.
var textMasks = func() (m [17][2]uint64) {
	for n := range m {
		m[n] = [2]uint64{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return m
}()

// address reads the IPv4 address at a span of rec, which goes on for a step
// behind it; nil if it is none.
func (m *memory) address(rec []byte, at event.Span) *knownAddress {
	size := at.Len()
	if size > 15 {
		return nil
	}
	from := (*[16]byte)(rec[at.Start:])
	mask := &textMasks[size]
	text := [2]uint64{binary.LittleEndian.Uint64(from[:]) & mask[0], binary.LittleEndian.Uint64(from[8:]) & mask[1]}
	a := &m.addresses[(text[0]*mix^text[1])*mix>>54]
	if a.text == text {
		return a
	}
	var read addr
	if read.parse(rec[at.Start:at.End]); read.size != 4 {
		return nil
	}
	*a = knownAddress{text: text, b: [4]byte(read.b[:]), inside: read.inside()}
	return a
}

// mix spreads what differs over the upper bits.
const mix = 0x9E3779B97F4A7C15

// texts are the stretches of a document that are the same for all records of an
// origin that were read together.
type texts struct {
	of      *event.Origin
	created int64

	begin, place, known, unknown []byte
	event, log                   [2][]byte // by the verdict
}

// refresh makes the texts anew where the event is of others.
func (t *texts) refresh(ev *event.Event, s *event.Scratch) {
	if o := ev.Origin; t.of != o || t.created != ev.Created {
		t.of, t.created = o, ev.Created
		t.make(s.Escape(o.Name), s.Escape(o.Source), s)
	}
}

func (t *texts) make(name, source []byte, s *event.Scratch) {
	o := t.of
	b := append(t.begin[:0], `","aws":{`...)
	if object, ok := bytes.CutPrefix(name, s3Scheme); ok {
		b = appendObject(b, object)
	}
	t.begin = padded(append(b, `"vpcflow":{"account_id":"`...))

	cloud := append(append(append([]byte(nil), `,"source":"`...), source...), `"},"cloud":{`...)
	provider := []byte(`"provider":"aws"`)
	if o.Region != "" {
		provider = append(event.AppendEscaped(append(provider, `,"region":"`...), []byte(o.Region)), '"')
	}
	provider = append(provider, `},"data_stream":{"dataset":"aws.vpcflow","namespace":"default","type":"logs"},"destination":{"address":"`...)
	t.known = padded(append(append(t.known[:0], cloud...), `"account":{"id":"`...))
	t.place = padded(append(append(t.place[:0], `"},`...), provider...))
	b = append(t.unknown[:0], cloud...)
	if o.Account != "" {
		b = append(event.AppendEscaped(append(b, `"account":{"id":"`...), []byte(o.Account)), `"},`...)
	}
	t.unknown = padded(append(b, provider...))

	for i, v := range verdicts {
		b = s.AppendTime(append(t.event[i][:0], v.event...), t.created)
		t.event[i] = padded(append(b, `","dataset":"aws.vpcflow","duration":`...))
		b = append(append(t.log[i][:0], v.types...), name...)
		t.log[i] = padded(append(b, `"},"offset":`...))
	}
}

// size is how much room the texts of a document take, steps included.
func (t *texts) size() int {
	return len(t.begin) + len(t.known) + len(t.place) + len(t.unknown) + len(t.event[0]) + len(t.log[0]) + len(t.log[1]) + 8*step
}

// padded is b with a step behind it to read.
func padded(b []byte) []byte {
	return append(b, make([]byte, step)...)[:len(b)]
}

// day is a day and its date, of which most times are.
type day struct {
	begin int64
	date  [step / 2]byte // 2026-11-05T
}

const aDay = 86400e9

// moment writes a moment of whole seconds at b[n:], which has room for a step.
func (d *day) moment(b []byte, n int, ns int64) int {
	if ns < d.begin || ns >= d.begin+aDay || d.date[0] == 0 {
		end := len(event.AppendTime(b[:n], ns))
		if end-n == len("2006-01-02T15:04:05Z") && ns >= 0 {
			d.begin = ns - ns%aDay
			copy(d.date[:11], b[n:])
		}
		return end
	}
	s := uint32((ns - d.begin) / 1e9)
	to := (*[20]byte)(b[n:])
	*(*[step / 2]byte)(to[:]) = d.date
	pair(to[11:], s/3600)
	to[13] = ':'
	pair(to[14:], s/60%60)
	to[16] = ':'
	pair(to[17:], s%60)
	to[19] = 'Z'
	return n + len(to)
}

// pair writes two digits.
func pair(b []byte, v uint32) {
	tens := v * 103 >> 10
	b[0], b[1] = byte('0'+tens), byte('0'+v-10*tens)
}
