package keyuse

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// noteWrap sums up, by role and hour, the use of keys whose production has
// wrapped: such a key ought to be disabled.
func noteWrap(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if a.deed != uses || a.denied || a.copied {
		return
	}
	for i := range a.keys {
		t := &a.keys[i]
		if t.owner == nil || !t.owner.Wrapped(a.time) {
			continue
		}
		n := o.rule.detector.newNote(a, t)
		sums := o.batch.Add(gather.Seen{
			Group: []byte(t.name), ID: event.HashID(s, []byte(t.name), []byte(n.callerID), []byte(n.direct)), Stretch: floor(a.time, hour), Time: a.time,
			Label: func(dst []byte) []byte { return append(dst, n.value(false)...) },
		}, ev, s, out)
		sums[0]++
	}
}

func judgeWrap(r *rule, w *window, from, to int64) []detect.Case {
	by := map[string]*detect.Case{}
	var out []*detect.Case
	for _, m := range w.matters(from, to) {
		n := readNote(m.Label)
		key := n.callerID + " " + n.direct
		c := by[key]
		if c == nil {
			level := r.header.Level
			if n.direct == "" {
				level = min(level, sigma.Medium)
			}
			c = &detect.Case{Key: []byte(key), Time: m.First, First: m.First, Last: m.Last, About: m.Note, Level: &level, Fields: []detect.Field{
				{Name: "owner", Value: whose(n.owner)}, {Name: "key", Value: r.detector.alias(n.key)}, {Name: "kind", Value: n.kind},
				{Name: "caller", Value: n.caller}, {Name: "calls", Value: n.name}, {Name: "how", Value: howOne(&n)},
				{Name: "wrap", Value: r.detector.wrap(n.owner)}, {Name: "studio.production", Value: n.owner},
			}}
			by[key] = c
			out = append(out, c)
		}
		c.Time, c.First, c.Last = min(c.Time, m.First), min(c.First, m.First), max(c.Last, m.Last)
		c.Count += m.Sums[0]
		c.Evidence = append(c.Evidence, m.Note)
	}
	return theirs(out)
}

func theirs(list []*detect.Case) []detect.Case {
	var out []detect.Case
	for _, c := range list {
		out = append(out, *c)
	}
	return out
}

func howOne(n *note) string {
	if n.direct != "" {
		return "directly"
	}
	return "by a service"
}

func (d *Detector) wrap(production string) string {
	if p := d.studio.Production(production); p != nil {
		return p.Wrap
	}
	return ""
}

const (
	// remembered is how far back the usual rate is learned from.
	remembered = 15 * 24 * time.Hour
	// learned is how long a key must have been used before its rate is usual.
	learned = 3 * day
	// fewHours is how many hours at least make a rate usual, fewCalls how many
	// calls an hour must have to be a case, fewEach how many for each launched
	// instance: one that renders opens its key now and then.
	fewHours = 24
	fewCalls = 500
	fewEach  = 5
	// lives is how long a launched instance counts.
	lives = 12 * hour
)

// The sums of a key's hour.
const (
	opened  = iota // calls that opened something: Decrypt, ReEncrypt
	bucket         // of them, with a context that names a whole bucket
	object         // of them, with one that names an object
	started        // instances that were launched for the key's production
)

// noteRate counts, by key and hour, what was opened directly and by services,
// and the instances that were launched for its production.
func noteRate(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	d := o.rule.detector
	if a.deed == launches {
		for _, key := range d.content[d.launchedFor(a)] {
			sums := o.batch.Add(newRated(key, s).seen(launched, a.time), ev, s, out)
			sums[started] += a.launched
		}
		return
	}
	if a.deed != uses || a.denied || a.copied || a.name != "Decrypt" && a.name != "ReEncrypt" {
		return
	}
	how := byService
	if a.direct {
		how = direct
	}
	for i := range a.keys {
		t := &a.keys[i]
		if t.rate == nil { // of a key that no resource names
			t.rate = newRated(t.name, s)
		}
		sums := o.batch.Add(t.rate.seen(how, a.time), ev, s, out)
		sums[opened]++
		if a.bucket {
			sums[bucket]++
		}
		if a.object {
			sums[object]++
		}
	}
}

// use is what is counted of a key's hour apart.
type use int

const (
	byService use = iota
	direct
	launched
)

var labels = [...]string{byService: "service", direct: "direct", launched: "launched"}

// rated is what the uses of a key are counted by.
type rated struct {
	group []byte
	ids   [len(labels)]event.ID
}

func newRated(key string, s *event.Scratch) *rated {
	r := &rated{group: []byte(key)}
	for i, label := range labels {
		r.ids[i] = event.HashID(s, r.group, []byte(label))
	}
	return r
}

func (r *rated) seen(how use, at int64) gather.Seen {
	return gather.Seen{Group: r.group, ID: r.ids[how], Stretch: floor(at, hour), Time: at, Label: writers[how]}
}

var writers = [...]func(dst []byte) []byte{
	byService: func(dst []byte) []byte { return append(dst, labels[byService]...) },
	direct:    func(dst []byte) []byte { return append(dst, labels[direct]...) },
	launched:  func(dst []byte) []byte { return append(dst, labels[launched]...) },
}

// launchedFor is the production that instances are launched for: that of their
// profile's role, else that of who launched them.
func (d *Detector) launchedFor(a *act) string {
	if r := d.studio.Role(a.profile, a.caller.account); r != nil && r.Production != "" {
		return r.Production
	}
	if names, _ := d.productions(a.caller.account, a.caller.role); len(names) == 1 {
		return names[0]
	}
	return ""
}

// judgeRate holds an hour's calls for each launched instance against the key's
// own hours, by median and MAD. Bucket keys cut calls by up to 99 percent and
// name the bucket instead of the object: hours before and after are not compared.
func judgeRate(r *rule, w *window, from, to int64) []detect.Case {
	var out []detect.Case
	all := w.matters(from-int64(r.span.Before), to)
	launched := map[int64]int64{}
	for i := range all {
		if string(all[i].Label) == "launched" {
			launched[all[i].Stretch] = all[i].Sums[started]
		}
	}
	for i := range all {
		m := &all[i]
		if m.Stretch < from || string(m.Label) == "launched" || m.Sums[opened] < fewCalls {
			continue
		}
		usual, since := usualRates(all, m, launched)
		bound, median := gather.Unusual(usual)
		if rate := rateOf(m, launched); len(usual) >= fewHours && m.Stretch-since >= learned && rate > max(bound, fewEach) {
			out = append(out, r.rate(w, m, rate, median))
		}
	}
	return out
}

// usualRates are the rates of the hours before that m can be held against, and the
// time of the first.
func usualRates(all []gather.Matter, m *gather.Matter, launched map[int64]int64) (rates []float64, since int64) {
	since = math.MaxInt64
	for i := range all {
		p := &all[i]
		if p.ID == m.ID && p.Stretch < m.Stretch && p.Stretch >= m.Stretch-int64(remembered) && byBucket(p) == byBucket(m) {
			rates, since = append(rates, rateOf(p, launched)), min(since, p.Stretch)
		}
	}
	return rates, since
}

// byBucket tells whether an hour's calls are those of a bucket key.
func byBucket(m *gather.Matter) bool { return m.Sums[bucket] > m.Sums[object] }

func rateOf(m *gather.Matter, launched map[int64]int64) float64 {
	instances := int64(0)
	for h := m.Stretch - lives; h <= m.Stretch; h += hour {
		instances += launched[h]
	}
	return float64(m.Sums[opened]) / float64(max(1, instances))
}

func (r *rule) rate(w *window, m *gather.Matter, rate, median float64) detect.Case {
	key := string(w.Group)
	t := r.detector.target(key, "")
	level, how, owner := r.header.Level, "directly", ""
	if string(m.Label) == "service" {
		level, how = min(level, sigma.Low), "by services"
	}
	if t.owner != nil {
		owner = t.owner.Name
	}
	c := detect.Case{
		Key: m.Label, Time: m.Stretch, First: m.First, Last: m.Last, Count: m.Sums[opened], Evidence: []int{m.Note}, About: m.Note, Level: &level,
		Fields: []detect.Field{
			{Name: "owner", Value: whose(owner)}, {Name: "key", Value: r.detector.alias(key)}, {Name: "kind", Value: t.kind()}, {Name: "how", Value: how},
			{Name: "opened", Value: strconv.FormatInt(m.Sums[opened], 10)}, {Name: "times", Value: fmt.Sprintf("%.0f", rate/max(median, 1))},
			{Name: "studio.production", Value: owner},
		},
	}
	c.Marks = r.detector.marks(c.First, c.Last, "", owner)
	return c
}
