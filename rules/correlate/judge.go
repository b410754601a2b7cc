package correlate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// item is a match as one correlation of the chain sees it.
type item struct {
	at   int64
	note int32
	kid  int32
	// counts is unset for what is the same event, or occurrence, as an item
	// before it.
	counts bool
	// onset is set, for matches in a lower correlation, at the begin of an
	// occurrence.
	onset bool
	// run tells occurrences apart, keys are the values of the lower correlation's
	// own names.
	run  int32
	keys []string
	// values are numbers of values in the part's list.
	values []int32
}

// part are the items of one group, in order.
type part struct {
	keys  []string // values of the correlation's own names
	items []item
	list  []string // the values that items have
	index map[string]int32
}

// fire is a fulfilled window: it ends at a time and holds items[lo:hi].
type fire struct {
	at     int64
	lo, hi int
	value  float64
}

// Judge implements [detect.Rule].
func (r *Rule) Judge(w *detect.Window) []detect.Case {
	var out []detect.Case
	for _, p := range r.parts(r.root, w.Notes) {
		out = r.cases(out, w, p, p.fires(r.root))
	}
	slices.SortStableFunc(out, func(a, b detect.Case) int { return cmp.Compare(a.Time, b.Time) })
	return out
}

// parts are the groups of one correlation.
func (r *Rule) parts(n *node, notes []detect.Note) []*part {
	g := grouper{rule: r, node: n, notes: notes, by: map[string]*part{}}
	for k := range n.kids {
		kid := &n.kids[k]
		if kid.lower == nil {
			continue
		}
		for _, it := range r.occurrences(kid.lower, notes) {
			it.kid = int32(k)
			g.add(it, kid)
		}
	}
	bases := make([]int, len(r.bases)) // the kid, from 1
	for k, kid := range n.kids {
		if kid.lower == nil {
			bases[kid.base] = k + 1
		}
	}
	for i := range notes {
		base, _ := baseOf(notes[i].Value)
		if base < len(bases) && bases[base] > 0 {
			k := bases[base] - 1
			g.add(item{at: notes[i].Time, note: int32(i), kid: int32(k)}, &n.kids[k])
		}
	}
	for _, p := range g.list {
		slices.SortFunc(p.items, func(a, b item) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kid, b.kid), cmp.Compare(a.note, b.note), cmp.Compare(a.run, b.run))
		})
		p.count(n, notes)
	}
	return g.list
}

// grouper puts items into parts.
type grouper struct {
	rule  *Rule
	node  *node
	notes []detect.Note
	by    map[string]*part
	list  []*part
	texts []string
}

func (g *grouper) add(it item, k *kid) {
	combinations := [][]string{nil}
	for _, p := range k.own {
		combinations = g.cross(combinations, it, p)
	}
	for _, keys := range combinations {
		g.put(it, k, keys)
	}
}

// cross extends every combination by every value that the item has at a place.
func (g *grouper) cross(combinations [][]string, it item, p place) [][]string {
	var out [][]string
	values := g.values(it, p)
	for _, c := range combinations {
		for _, v := range values {
			out = append(out, append(slices.Clone(c), v))
		}
	}
	return out
}

// values are those that an item has at a place. They are good until the next call.
func (g *grouper) values(it item, p place) []string {
	g.texts = g.texts[:0]
	if p.key >= 0 {
		g.texts = append(g.texts, it.keys[p.key])
		return g.texts
	}
	base, rest := baseOf(g.notes[it.note].Value)
	if kept := p.kept[base]; kept >= 0 {
		g.texts = keptValues(g.texts, rest, kept)
	}
	return g.texts
}

func (g *grouper) put(it item, k *kid, keys []string) {
	name := ""
	if len(keys) > 0 {
		var b []byte
		for _, k := range keys {
			b = appendChunk(b, []byte(k))
		}
		name = string(b)
	}
	p := g.by[name]
	if p == nil {
		p = &part{keys: keys, index: map[string]int32{}}
		g.by[name] = p
		g.list = append(g.list, p)
	}
	if len(k.fields) > 0 {
		tuples := [][]string{nil}
		for _, f := range k.fields {
			tuples = g.cross(tuples, it, f)
		}
		numbers := g.node.addsUp()
		for _, t := range tuples {
			text := strings.Join(t, "\x1f")
			if !numbers || parseNumber(text).ok {
				it.values = append(it.values, p.number(text))
			}
		}
		if len(it.values) == 0 {
			return
		}
	}
	p.items = append(p.items, it)
}

// addsUp reports whether only numbers are looked at.
func (n *node) addsUp() bool {
	switch n.c.Type {
	case sigma.ValueSum, sigma.ValueAvg:
		return true
	case sigma.ValuePercentile:
		return n.c.Condition.Percentile >= 0
	}
	return false
}

func (p *part) number(text string) int32 {
	i, known := p.index[text]
	if !known {
		i = int32(len(p.list))
		p.list = append(p.list, text)
		p.index[text] = i
	}
	return i
}

// count marks the items that count: of one event, or one occurrence, the first.
func (p *part) count(n *node, notes []detect.Note) {
	type same struct {
		id       event.ID
		kid, run int32
	}
	seen := map[same]bool{}
	for i := range p.items {
		it := &p.items[i]
		if i > 0 && it.at != p.items[i-1].at && len(seen) > 0 {
			clear(seen)
		}
		lower := n.kids[it.kid].lower != nil
		it.counts = !lower || it.onset || n.c.Type != sigma.EventCount
		if len(n.kids) == 1 && !lower || !it.counts {
			continue
		}
		s := same{kid: it.kid, run: it.run}
		if !lower || n.c.Type != sigma.EventCount {
			s = same{id: identity(&notes[it.note])}
		}
		it.counts = !seen[s]
		seen[s] = true
	}
}

// identity is the delivery id of a note's event.
func identity(n *detect.Note) event.ID {
	base, _ := baseOf(n.Value)
	return numbered(n.ID, base)
}

// occurrences are the matches that take part in a lower correlation, each at
// the time at which the window was fulfilled that it first lies in.
func (r *Rule) occurrences(n *node, notes []detect.Note) []item {
	var out []item
	run := int32(0)
	for _, p := range r.parts(n, notes) {
		fires := p.fires(n)
		for i, f := range fires {
			from, onset := p.since(fires, i, int64(n.c.Timespan))
			if onset {
				run++
			}
			for k := from; k < f.hi; k++ {
				out = append(out, item{at: f.at, note: p.items[k].note, onset: onset, run: run, keys: p.keys})
			}
		}
	}
	return out
}

// since is the first item of a fulfilled window that the one before it did not
// have. onset is set if there is none before it within the timespan. Which item
// is new must not depend on windows further back: they may not have been loaded.
func (p *part) since(fires []fire, i int, span int64) (from int, onset bool) {
	f := fires[i]
	if i == 0 || fires[i-1].at < f.at-span {
		return f.lo, true
	}
	return max(f.lo, fires[i-1].hi), false
}
