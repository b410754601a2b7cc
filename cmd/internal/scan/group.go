package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
)

// maxGroups bounds what is kept apart: who writes logs chooses names and
// addresses. Matches beyond it are counted under their rule alone.
const maxGroups = 20000

// Group is the matches of one rule that one principal caused from one source.
type Group struct {
	// ID is 16 hexadecimal digits, a hash of rule, principal and source.
	ID   string
	Rule *rules.Rule
	rules.Subject
	// Rest is set for the group that takes what did not fit into the bounds.
	Rest        bool
	Count       int
	First, Last int64
	// Sample is the alert of the earliest match.
	Sample     *event.Event
	sampleTime int64
	sampleID   uint64
}

// ShortID is what a person types: --show A-7f31.
func (g *Group) ShortID() string { return "A-" + g.ID[:6] }

type groupKey struct{ rule, person, source string }

// groups collects matches of all workers, under the scan's lock.
type groups struct {
	all  map[groupKey]*Group
	seen map[uint64]struct{}
}

// maxSeen bounds the memory of repeats to a few MB. Beyond it a record that was
// delivered twice (by two trails, in a copied file) counts twice in a group; in
// NDJSON it still stands once, for there equal ids meet when they are sorted.
const maxSeen = 200_000

// repeat reports whether the rule has matched this very record before.
func (g *groups) repeat(rule *rules.Rule, record uint64) bool {
	k := (record ^ uint64(rule.Number)) * 0x9E3779B97F4A7C15
	if _, again := g.seen[k]; again {
		return true
	}
	if len(g.seen) < maxSeen {
		g.seen[k] = struct{}{}
	}
	return false
}

func newGroups() groups {
	return groups{all: map[groupKey]*Group{}, seen: map[uint64]struct{}{}}
}

// find returns the group of a match, a new one if it is the first.
func (g *groups) find(rule *rules.Rule, who rules.Subject) *Group {
	k := groupKey{rule.ID, who.Person, who.Source}
	found := g.all[k]
	if found == nil && len(g.all) >= maxGroups {
		who = rules.Subject{}
		k = groupKey{rule: rule.ID, person: "\x00rest"}
		found = g.all[k]
	}
	if found == nil {
		found = &Group{ID: groupID(rule.ID, who), Rule: rule, Subject: who, Rest: k.person == "\x00rest"}
		g.all[k] = found
	}
	return found
}

func groupID(rule string, who rules.Subject) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + who.Person + "\x00" + who.Source))
	return hex.EncodeToString(sum[:8])
}

// sorted is every group, worst first, then the most recent.
func (g *groups) sorted() []*Group {
	out := make([]*Group, 0, len(g.all))
	for _, x := range g.all {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Rule.Level, a.Rule.Level), cmp.Compare(b.Last, a.Last), cmp.Compare(a.ID, b.ID))
	})
	return out
}
