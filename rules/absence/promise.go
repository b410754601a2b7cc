package absence

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// promise is something that must follow something else.
type promise struct {
	// wait is how long it may take from the begin, after how long from the end
	// where one is known.
	wait, after time.Duration
	// early is how much earlier than the begin what follows may be dated: at
	// least what the clocks of two logs may differ by.
	early time.Duration
	// looks makes what looks at events of one dataset, nil for none.
	looks func(schema event.Schema) look
	// tell writes a day's cases of what was missed. unknown says that nothing
	// has followed anything for a week.
	tell func(missed []miss, unknown bool) []detect.Case
}

// miss is a begin that nothing followed.
type miss struct {
	at, due int64
	note    int // of the begin
	subject string
	label   string
	of      int // how many began that day
}

const (
	day = 24 * time.Hour
	// knownDays is for how long it is remembered that such things do follow.
	knownDays = 7
)

// promised implements detect.Rule. Its groups are days: that of the begin. What
// follows is noted for each day to which it may belong, so that a day holds all
// that judging it needs.
type promised struct {
	promise
	header *sigma.Rule
}

// Rule implements detect.Rule.
func (p *promised) Rule() *sigma.Rule { return p.header }

// Span implements detect.Rule: a day stays open until all that is due has had
// its time.
func (p *promised) Span() detect.Span {
	return detect.Span{Bucket: day, Before: p.early, After: p.wait + p.after + p.early}
}

// Observer implements detect.Rule.
func (p *promised) Observer(schema event.Schema) detect.Observer {
	look := p.looks(schema)
	if look == nil {
		return nil
	}
	o := &promiseObserver{p: p, look: look, latest: map[latestKey]int64{}, newest: map[int64]int64{}}
	o.take = func(f finding) { o.list = append(o.list, f) }
	return o
}

// promiseObserver notes what begins at once, and the last of what follows at the
// end of a batch: transcripts and logs have thousands of events.
type promiseObserver struct {
	p      *promised
	look   look
	take   func(finding)
	list   []finding // of one event
	latest map[latestKey]int64
	order  []latestKey
	days   []int64 // on which something followed: of each event, not only of the last
	// newest are the last events of all stretches, by their begin: of the last one
	// of all alone earlier days would not learn how far they were told. now is
	// the stretch of the event before, not yet among them.
	newest map[int64]int64
	now    struct{ from, to, at int64 }
	value  []byte
}

type latestKey struct {
	what    part
	subject string
	day     int64
}

// Event implements detect.Observer.
func (o *promiseObserver) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if ev.Time == 0 {
		return
	}
	o.told(ev.Time)
	o.list = o.list[:0]
	o.look(ev, s, o.take)
	for _, f := range o.list {
		if f.what == began {
			o.began(f, ev, s, out)
		} else {
			o.last(f)
		}
	}
}

// told notes that an event came. A stretch is the times that belong to the same
// days (see last).
func (o *promiseObserver) told(at int64) {
	if at < o.now.from || at >= o.now.to {
		o.keepNow()
		late, early := int64(o.p.wait+o.p.after), int64(o.p.early)
		first, final := align(at-late)+late, align(at+early)-early
		o.now.from, o.now.to, o.now.at = max(first, final), min(first, final)+int64(day), at
	}
	o.now.at = max(o.now.at, at)
}

func (o *promiseObserver) keepNow() {
	if o.now.to > o.now.from {
		had, ok := o.newest[o.now.from]
		if !ok {
			had = o.now.at
		}
		o.newest[o.now.from] = max(had, o.now.at)
	}
	o.now.from, o.now.to = 0, 0
}

// last keeps the last time of what follows, for each day to which it may belong.
func (o *promiseObserver) last(f finding) {
	if d := align(f.at); f.what == followed && !slices.Contains(o.days, d) {
		o.days = append(o.days, d)
	}
	for d := align(f.at - int64(o.p.wait+o.p.after)); d <= f.at+int64(o.p.early); d += int64(day) {
		k := latestKey{f.what, string(f.subject), d}
		was, kept := o.latest[k]
		if !kept {
			o.order = append(o.order, k)
			was = f.at
		}
		o.latest[k] = max(was, f.at)
	}
}

// began notes a begin with the event that an alert shows. Of two in one second
// it is the one whose delivery id is the least.
func (o *promiseObserver) began(f finding, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	id := ev.Schema.ID(ev, s)
	o.value = binary.BigEndian.AppendUint64(o.value[:0], uint64(f.at))
	o.value = append(append(o.value, id[:]...), byte(began))
	o.value = append(binary.AppendUvarint(o.value, uint64(len(f.subject))), f.subject...)
	o.value = append(o.value, f.label[:min(len(f.label), 512)]...)
	out.AddShown(detect.Note{Group: group(align(f.at)), Time: f.at, ID: noteID(began, f.subject), Join: detect.Least, Value: o.value}, ev, s)
}

// Flush implements detect.Observer.
func (o *promiseObserver) Flush(out *detect.Notes) {
	o.keepNow()
	for _, at := range o.newest {
		o.last(finding{what: newest, at: at})
	}
	for _, k := range o.order {
		at := o.latest[k]
		// ^at, so that the least value is the latest time.
		o.value = append(binary.BigEndian.AppendUint64(o.value[:0], uint64(^at)), byte(k.what))
		o.value = append(o.value, k.subject...)
		out.Add(detect.Note{Group: group(k.day), Time: k.day, ID: noteID(k.what, []byte(k.subject)), Join: detect.Least, Value: o.value})
	}
	for _, d := range o.days {
		for range knownDays {
			out.Add(detect.Note{Group: group(d), Time: d, ID: noteID(known, nil), Value: []byte{byte(known)}})
			d += int64(day)
		}
	}
	o.order, o.days = o.order[:0], o.days[:0]
	clear(o.latest)
	clear(o.newest)
}

// align is the begin of the day of t.
func align(t int64) int64 {
	r := t % int64(day)
	if r < 0 {
		r += int64(day)
	}
	return t - r
}

func group(d int64) []byte { return time.Unix(0, d).UTC().AppendFormat(nil, time.DateOnly) }

func noteID(what part, subject []byte) event.ID {
	sum := sha256.Sum256(append([]byte{byte(what)}, subject...))
	return event.ID(sum[:16])
}

// Judge implements detect.Rule.
func (p *promised) Judge(w *detect.Window) []detect.Case {
	var out []detect.Case
	for from := align(w.From + int64(day) - 1); from < w.To; from += int64(day) {
		out = append(out, p.day(w, from)...)
	}
	return out
}

func (p *promised) day(w *detect.Window, from int64) []detect.Case {
	begins, follow, end, unknown := p.read(w, from)
	through := horizon(w, from)
	var missed []miss
	wake := int64(math.MaxInt64)
	for _, m := range begins {
		if at, ok := follow[m.subject]; ok && at >= m.at-int64(p.early) {
			continue
		}
		m.due = m.at + int64(p.wait)
		if at, ok := end[m.subject]; ok && at >= m.at {
			m.due = min(m.due, at+int64(p.after))
		}
		if m.due > through {
			wake = min(wake, m.due)
			continue
		}
		missed = append(missed, m)
	}
	var out []detect.Case
	if len(missed) > 0 {
		out = p.tell(missed, unknown)
	}
	if wake < math.MaxInt64 && w.Through < math.MaxInt64 {
		out = append(out, detect.Case{Key: []byte("wake"), Time: from, Wake: wake, Silent: true, About: -1})
	}
	return out
}

// read reads the notes of a day.
func (p *promised) read(w *detect.Window, from int64) (begins []miss, follow, end map[string]int64, unknown bool) {
	follow, end, unknown = map[string]int64{}, map[string]int64{}, true
	for i := range w.Notes {
		n := &w.Notes[i]
		if n.Time < from || n.Time >= from+int64(day) {
			continue
		}
		switch v := n.Value; {
		case len(v) == 1 && part(v[0]) == known:
			unknown = false
		case len(v) > 25 && part(v[24]) == began:
			if subject, label, ok := cut(v[25:]); ok {
				begins = append(begins, miss{at: int64(binary.BigEndian.Uint64(v)), note: i, subject: subject, label: label})
			}
		case len(v) > 8 && part(v[8]) == followed:
			follow[string(v[9:])] = ^int64(binary.BigEndian.Uint64(v))
		case len(v) > 8 && part(v[8]) == ended:
			end[string(v[9:])] = ^int64(binary.BigEndian.Uint64(v))
		}
	}
	slices.SortStableFunc(begins, func(a, b miss) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.subject, b.subject)) })
	for i := range begins {
		begins[i].of = len(begins)
	}
	return begins, follow, end, unknown
}

// cut reads a begin's subject and label.
func cut(b []byte) (subject, label string, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || uint64(len(b)-size) < n {
		return "", "", false
	}
	b = b[size:]
	return string(b[:n]), string(b[n:]), true
}

// horizon is how far the logs are complete. Where they have ended, that is the
// last event that there was.
func horizon(w *detect.Window, from int64) int64 {
	if w.Through < math.MaxInt64 {
		return w.Through
	}
	for i := range w.Notes {
		if v := w.Notes[i].Value; w.Notes[i].Time == from && len(v) == 9 && part(v[8]) == newest {
			return ^int64(binary.BigEndian.Uint64(v))
		}
	}
	return math.MinInt64
}

// split reads a label of several words.
func split(label string, n int) []string {
	parts := bytes.SplitN([]byte(label), []byte{0}, n)
	out := make([]string, n)
	for i, p := range parts {
		out[i] = string(p)
	}
	return out
}

// words writes one.
func words(parts ...[]byte) (out []byte) {
	for i, p := range parts {
		if i > 0 {
			out = append(out, 0)
		}
		out = append(out, p[:min(len(p), 120)]...)
	}
	return out
}
