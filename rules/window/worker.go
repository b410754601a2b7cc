package window

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Worker judges the events of one goroutine's batches, and has the stateful
// rules take notes of them. It touches nothing that others share.
type Worker struct {
	e         *Engine
	rules     *ruleset
	judge     *rules.Judge
	observers map[event.Schema]*observers
	schema    event.Schema // of the event before
	latest    *observers   // of that
	notes     *detect.Notes
	groups    map[string]uint64 // hashes of groups
	scratch   event.Scratch
	group     []byte
	known     map[knownKey]*known
	subjects  map[rules.Subject]int32 // numbered, for known

	found *Found
	batch *event.Batch
	round int // counts batches
	usual int // how many notes the last batch had

	// Of an engine that tells at the end:
	unsaid int   // batches since observers were asked what they summed up
	again  Found // what End returns
	pile   *pile // what they noted since
}

// fewBatches is how many batches observers sum up before they are asked, where
// nothing waits for what they say: most of what they note of one batch they would
// note of the next as well. It is bounded because they hold it in memory.
const fewBatches = 64

// knownKey is a case as a worker comes upon it.
type knownKey struct {
	rule   int32
	who    int32 // the number of a subject
	bucket int64
}

// known is what a worker knows of a case: so it makes evidence only of matches
// that may be among the first hundred, and a sample only of the first.
type known struct {
	caseKey
	id    event.ID
	of    *rules.Rule
	first []item // the first that this worker came upon, at most a hundred, in order
	round int    // of the batch in which it was last found
	in    int32  // its place in that batch's Found
}

// maxKnown bounds what a worker knows; who writes logs chooses subjects. Where no
// evidence is kept, a case takes so much less that more of them are known.
const (
	maxKnown     = 2000
	maxKnownBare = 8000
)

// Worker makes a worker for the rules that the engine has now.
func (e *Engine) Worker() *Worker {
	rs := e.rules.Load()
	w := &Worker{
		e: e, rules: rs, judge: rs.set.Judge(), observers: map[event.Schema]*observers{}, known: map[knownKey]*known{},
		groups: map[string]uint64{}, subjects: map[rules.Subject]int32{},
	}
	w.notes = detect.NewNotes(w.judge.About)
	if e.o.AtEnd {
		w.notes, w.pile = detect.NewNotes(w.appendWhole), newPile()
	}
	return w
}

// Batch judges all events of a batch. Found is nil where nothing is to be
// remembered.
func (w *Worker) Batch(b *event.Batch) *Found {
	w.Begin(b)
	for i := range b.Events {
		w.scratch.Reset()
		w.Event(&b.Events[i], &w.scratch)
	}
	return w.End()
}

// Begin begins a batch, of which not all events may be given to Event.
func (w *Worker) Begin(b *event.Batch) {
	w.batch, w.found = b, nil
	w.round++
	if w.e.o.AtEnd {
		w.notes.Count(w.e.claim(b))
	}
	most := maxKnown
	if w.e.o.NoEvidence {
		most = maxKnownBare
	}
	if len(w.known) > most || len(w.subjects) > most {
		clear(w.known)
		clear(w.subjects)
	}
}

// Event judges one event and returns the rules that it matched, those below
// MinLevel too; the slice is good until the next call.
func (w *Worker) Event(ev *event.Event, s *event.Scratch) []*rules.Rule {
	matched := w.judge.Event(ev, s)
	if len(matched) > 0 {
		w.match(ev, matched, s)
	}
	w.observe(ev, s)
	return matched
}

func (w *Worker) observe(ev *event.Event, s *event.Scratch) {
	list := w.observersOf(ev.Schema)
	for i := range list.looks {
		l := &list.looks[i]
		if l.sharing != nil && !l.sharing.Concerns(ev, s) {
			continue
		}
		for _, o := range l.list {
			w.notes.Of(o.rule)
			o.Event(ev, s, w.notes)
			w.take(o.rule)
		}
	}
	for _, base := range w.judge.Based() {
		for _, o := range list.matches[base] {
			w.notes.Of(o.rule)
			o.Observer.(detect.MatchObserver).Match(base.Rule, ev, s, w.notes)
			w.take(o.rule)
		}
	}
}

// End ends the batch. Of an engine that tells at the end the Found is good until
// the next batch begins.
func (w *Worker) End() *Found {
	if w.unsaid++; !w.e.o.AtEnd || w.unsaid >= fewBatches {
		w.flush()
	}
	if w.pile != nil && w.pile.size > muchPiled {
		w.handOver()
	}
	return w.done()
}

// muchPiled is how many bytes of notes a worker does not keep to itself.
const muchPiled = 1 << 20

// Last is what observers have summed up and not yet said, of an engine that tells
// at the end: it is asked for after the last batch.
func (w *Worker) Last() *Found {
	w.flush()
	w.handOver()
	return w.done()
}

func (w *Worker) flush() {
	w.unsaid = 0
	for _, list := range w.observers {
		for _, o := range list.all {
			w.notes.Of(o.rule)
			o.Flush(w.notes)
			w.take(o.rule)
		}
	}
}

// handOver gives the owner what an engine that tells at the end is to remember.
func (w *Worker) handOver() {
	if w.pile != nil && w.pile.notes > 0 {
		w.out().pile, w.pile = w.pile, newPile()
	}
}

func (w *Worker) done() *Found {
	f := w.found
	w.found, w.batch = nil, nil
	if f != nil {
		w.usual = len(f.notes)
	}
	return f
}

func (w *Worker) out() *Found {
	if w.found != nil {
		return w.found
	}
	if w.e.o.AtEnd {
		w.found = &w.again
		w.again.reset()
	} else {
		w.found = w.e.unused()
	}
	w.found.rules, w.found.batch = w.rules, w.batch
	return w.found
}

// match takes note of a match.
func (w *Worker) match(ev *event.Event, matched []*rules.Rule, s *event.Scratch) {
	if !slices.ContainsFunc(matched, func(r *rules.Rule) bool { return r.Level >= w.e.o.MinLevel }) {
		return
	}
	f := w.out()
	m := match{at: ev.Time, id: ev.Schema.ID(ev, s), from: int32(len(f.hits))}
	if w.rules.set.Stateless() && !w.e.o.AtEnd {
		w.alone(f, m, matched, ev, s)
		return
	}
	who, bucket := w.judge.Subject(ev, s), rules.Bucket(ev.Time, rules.Span)
	number := w.numberOf(who)
	for _, r := range matched {
		switch {
		case r.Level < w.e.o.MinLevel:
		case len(r.Header.Subject) > 0:
			own := w.judge.SubjectOf(r, who, ev, s)
			w.hit(f, r, &own, knownKey{int32(r.Number), w.numberOf(own), bucket}, m.item(), ev, s)
		default:
			w.hit(f, r, &who, knownKey{int32(r.Number), number, bucket}, m.item(), ev, s)
		}
	}
	f.end(m)
}

// end adds a match of which all hits are there.
func (f *Found) end(m match) {
	m.to = int32(len(f.hits))
	f.matches = append(f.matches, m)
	f.size += 40 + 8*int(m.to-m.from)
}

// alone makes a case of each match. Its id rests on the event alone, so that
// whoever judges the event again, this service or another one, tells the same
// case in the same revision.
func (w *Worker) alone(f *Found, m match, matched []*rules.Rule, ev *event.Event, s *event.Scratch) {
	for _, r := range matched {
		if r.Level < w.e.o.MinLevel {
			continue
		}
		it := m.item()
		it.text = w.judge.Evidence(nil, ev, s)
		c := foundCase{
			caseKey: caseKey{groupKey: groupKey{w.rules.ordinals[r.Number], hash(m.id[:])}, bucket: rules.Bucket(ev.Time, rules.Span)},
			of:      r, evidence: []item{it}, sample: item{m.at, m.id, w.judge.Sample(nil, ev, r)},
		}
		c.id = rules.CaseID(r.ID, m.id[:], nil, c.bucket)
		f.hits = append(f.hits, hit{c.rule, int32(len(f.cases))})
		f.cases = append(f.cases, c)
		f.size += 64 + len(it.text) + len(c.sample.text)
	}
	f.end(m)
}

// numberOf numbers the subjects that were met.
func (w *Worker) numberOf(who rules.Subject) int32 {
	number, ok := w.subjects[who]
	if !ok {
		number = int32(len(w.subjects))
		w.subjects[who] = number
	}
	return number
}

func (m *match) item() item { return item{at: m.at, id: m.id} }

func (w *Worker) hit(f *Found, r *rules.Rule, who *rules.Subject, at knownKey, it item, ev *event.Event, s *event.Scratch) {
	k := w.known[at]
	if k == nil {
		k = w.learn(r, who, at)
	}
	if k.round != w.round {
		k.round, k.in = w.round, int32(len(f.cases))
		f.cases = append(f.cases, foundCase{caseKey: k.caseKey, id: k.id, of: r})
	}
	f.hits = append(f.hits, hit{k.rule, k.in})
	most := w.e.o.evidence()
	place, again := slices.BinarySearchFunc(k.first, it, item.compare)
	if again || place == max(most, 1) {
		return
	}
	k.first = slices.Insert(k.first, place, it)
	k.first = k.first[:min(len(k.first), max(most, 1))]
	c := &f.cases[k.in]
	if most > 0 {
		it.text = w.judge.Evidence(nil, ev, s)
		c.evidence = append(c.evidence, it)
		f.size += 64 + len(it.text)
	}
	if place == 0 {
		c.sample = item{it.at, it.id, w.judge.Sample(nil, ev, r)}
		f.size += len(c.sample.text)
	}
}

// learn makes what is known of a case at first sight.
func (w *Worker) learn(r *rules.Rule, who *rules.Subject, at knownKey) *known {
	w.group = who.Group(w.group[:0])
	k := &known{of: r, id: rules.CaseID(r.ID, w.group, nil, at.bucket)}
	k.caseKey = caseKey{groupKey: groupKey{w.rules.ordinals[r.Number], hash(w.group)}, bucket: at.bucket}
	w.known[at] = k
	return k
}
