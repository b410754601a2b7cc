package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// maxGroups bounds what is kept apart for the report: who writes logs chooses
// names and addresses. Cases beyond it are counted under their rule alone.
const maxGroups = 20000

// Group is a case as the report shows it.
type Group struct {
	// ID is studio.alert.id: what `run` calls the case.
	ID   string
	Rule *rules.Rule
	// Level is the case's, which may be other than its rule's.
	Level sigma.Level
	rules.Subject
	// Rest is set for the group that takes what did not fit into the bounds.
	Rest        bool
	Count       int64
	First, Last int64
	// Sample is the case's alert.
	Sample *event.Event
}

// ShortID is what a person types: --show A-7f31.
func (g *Group) ShortID() string { return "A-" + g.ID[:min(6, len(g.ID))] }

// newGroup reads a case from its alert.
func newGroup(r *rules.Rule, alert *event.Event) *Group {
	g := &Group{ID: field(alert, event.KeyStudioAlertID), Rule: r, Level: r.Level, Sample: alert}
	if l, ok := sigma.ParseLevel(field(alert, event.KeyRuleLevel)); ok {
		g.Level = l
	}
	g.Person, g.Source = field(alert, event.KeyStudioAlertSubject), field(alert, event.KeySourceIP)
	if g.Source == "" {
		g.Source = field(alert, event.KeySourceAddress)
	}
	for _, f := range alert.Made {
		switch f.Key {
		case event.KeyStudioAlertCount:
			g.Count = f.Value.Num
		case event.KeyStudioAlertFirst:
			g.First = f.Value.Num
		case event.KeyStudioAlertLast:
			g.Last = f.Value.Num
		}
	}
	return g
}

// groups are the cases, gathered at the end.
type groups struct {
	all  []*Group
	rest map[*rules.Rule]*Group
}

// add takes a case in.
func (g *groups) add(x *Group) {
	if len(g.all) < maxGroups {
		g.all = append(g.all, x)
		return
	}
	if g.rest == nil {
		g.rest = map[*rules.Rule]*Group{}
	}
	r := g.rest[x.Rule]
	if r == nil {
		r = &Group{ID: strings.Repeat("-", 6), Rule: x.Rule, Level: x.Level, Rest: true, First: x.First, Sample: x.Sample}
		g.rest[x.Rule] = r
		g.all = append(g.all, r)
	}
	r.Count, r.First, r.Last = r.Count+x.Count, min(r.First, x.First), max(r.Last, x.Last)
}

// sorted is every group, worst first, then the most recent.
func (g *groups) sorted() []*Group {
	out := slices.Clone(g.all)
	slices.SortFunc(out, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Last, a.Last), cmp.Compare(a.ID, b.ID))
	})
	return out
}
