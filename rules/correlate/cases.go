package correlate

import (
	"slices"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// cases appends a case for each bucket in which a window of the part ends
// fulfilled.
func (r *Rule) cases(out []detect.Case, w *detect.Window, p *part, fires []fire) []detect.Case {
	long := int64(r.bucket)
	for i := 0; i < len(fires); {
		bucket := begin(fires[i].at, long)
		k := i
		for k < len(fires) && begin(fires[k].at, long) == bucket {
			k++
		}
		if fires[i].at >= w.From && fires[i].at < w.To {
			out = append(out, r.oneCase(w, p, fires[i:k]))
		}
		i = k
	}
	return out
}

// begin is the begin of the bucket of a time, also before 1970.
func begin(at, long int64) int64 {
	b := at - at%long
	if b > at {
		b -= long
	}
	return b
}

// oneCase is the case of the fulfilled windows of one bucket.
func (r *Rule) oneCase(w *detect.Window, p *part, fires []fire) detect.Case {
	c := detect.Case{Time: fires[0].at, First: w.Notes[p.items[fires[0].hi-1].note].Time, Last: fires[0].at}
	if len(p.keys) > 0 {
		for _, k := range p.keys {
			c.Key = appendChunk(c.Key, []byte(k))
		}
	}
	var notes []int
	done := 0
	for _, f := range fires {
		for i := max(f.lo, done); i < f.hi; i++ {
			notes = append(notes, int(p.items[i].note))
		}
		done = max(done, f.hi)
	}
	slices.Sort(notes)
	notes = slices.Compact(notes)
	seen := make(map[event.ID]bool, len(notes))
	for _, n := range notes {
		if id := identity(&w.Notes[n]); !seen[id] {
			seen[id] = true
			c.Evidence = append(c.Evidence, n)
		}
	}
	c.Count = int64(len(c.Evidence))
	c.First, c.Last = w.Notes[notes[0]].Time, w.Notes[notes[len(notes)-1]].Time
	c.About = c.Evidence[len(c.Evidence)-1]
	r.tell(&c, w, p, fires)
	return c
}

// tell adds what the case says: what it was grouped by, and the number that the
// condition was held against, where it was furthest.
func (r *Rule) tell(c *detect.Case, w *detect.Window, p *part, fires []fire) {
	group, of := chunks(w.Group), r.rule.Correlation
	for i, name := range of.GroupBy {
		value := ""
		if s := slices.Index(r.shared, i); s >= 0 && s < len(group) {
			value = group[s]
		} else if o := slices.Index(r.root.own, i); o >= 0 {
			value = p.keys[o]
		}
		c.Fields = append(c.Fields, detect.Field{Name: name, Value: value})
	}
	value := furthest(of, fires)
	c.Fields = append(c.Fields, detect.Field{Name: "value", Value: value}, detect.Field{Name: "timespan", Value: sigma.Span(of.Timespan)})
	if len(r.rule.Header.Message) == 0 {
		c.Fields = append(c.Fields, detect.Field{Name: "message", Value: r.message(c, value)})
	}
}

// furthest is the largest number, or the smallest where small ones are looked for.
func furthest(c *sigma.Correlation, fires []fire) string {
	low := len(c.Condition.Thresholds) > 0
	for _, t := range c.Condition.Thresholds {
		low = low && (t.Compare == sigma.Less || t.Compare == sigma.LessEqual)
	}
	x := fires[0].value
	for _, f := range fires[1:] {
		if (f.value < x) == low {
			x = f.value
		}
	}
	if x == float64(int64(x)) {
		return strconv.FormatInt(int64(x), 10)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// message is what the alert of a correlation without a message says.
func (r *Rule) message(c *detect.Case, value string) string {
	of := r.rule.Correlation
	text := r.rule.Title + ": "
	switch {
	case of.Type == sigma.EventCount:
		text += value + " events"
	case of.Type == sigma.ValueCount:
		text += value + " different values of " + of.Condition.Fields[0]
	case of.Type.IsTemporal():
		text += value + " rules matched"
	case of.Type == sigma.ValuePercentile:
		text += of.Condition.Fields[0] + " at " + value
	default:
		text += of.Condition.Fields[0] + " of " + value
	}
	text += " within " + sigma.Span(of.Timespan)
	for _, f := range c.Fields[:len(of.GroupBy)] {
		text += ", " + f.Name + " " + termtext.Escape(f.Value)
	}
	return text
}
