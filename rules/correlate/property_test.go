package correlate_test

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// TestOrderRepeatsAndBatchesDoNotMatter holds for every kind of correlation.
func TestOrderRepeatsAndBatchesDoNotMatter(t *testing.T) {
	for name, c := range kinds {
		set := compiled(t, spelled(name, c.rules))
		_, list := stream(uint64(len(name)))
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			rule := rapid.SampledFrom(set.Stateful()).Draw(t, "rule")
			from := rapid.IntRange(0, len(list)-1).Draw(t, "from")
			some := list[from:rapid.IntRange(from+1, len(list)).Draw(t, "to")]
			want := cases(set, rule, some)
			shuffled := rapid.Permutation(append(slices.Clone(some), rapid.SliceOfN(rapid.SampledFrom(some), 0, 20).Draw(t, "again")...)).Draw(t, "order")
			var batches [][]*event.Event
			for len(shuffled) > 0 {
				n := rapid.IntRange(1, min(len(shuffled), 50)).Draw(t, "batch")
				batches, shuffled = append(batches, shuffled[:n]), shuffled[n:]
			}
			if got := cases(set, rule, batches...); !reflect.DeepEqual(got, want) {
				t.Fatalf("in order\n%+v\nshuffled\n%+v", want, got)
			}
		}))
	}
}

func cases(set *rules.Set, rule rules.Stateful, batches ...[]*event.Event) []rules.Rehearsed {
	r := set.Rehearse(rule, nil)
	for i, b := range batches {
		r.Batch(fmt.Sprint(i), b)
	}
	return r.Cases(0)
}

// TestABucketNeedsNoMoreNotesThanTheSpanSays: asked for bucket by bucket, with
// the notes that its span reaches alone, a rule finds the same cases.
func TestABucketNeedsNoMoreNotesThanTheSpanSays(t *testing.T) {
	for name, c := range kinds {
		set := compiled(t, spelled(name, c.rules))
		_, list := stream(uint64(len(name)))
		for _, rule := range set.Stateful() {
			n := 0
			for group, notes := range noted(rule, set, list) {
				n += len(compareBuckets(t, rule, []byte(group), notes))
			}
			if n == 0 {
				t.Errorf("%s: no cases", rule.ID)
			}
		}
	}
}

func compareBuckets(t *testing.T, rule rules.Stateful, group []byte, notes []detect.Note) []detect.Case {
	t.Helper()
	span := rule.Detect.Span()
	long := int64(span.Bucket)
	w := detect.Window{Group: group, From: notes[0].Time/long*long - long, To: notes[len(notes)-1].Time/long*long + 2*long, Notes: notes}
	whole := rule.Detect.Judge(&w)
	var single []detect.Case
	for at := w.From; at < w.To; at += long {
		part := detect.Window{Group: group, From: at, To: at + long}
		first := 0
		for _, n := range notes {
			switch {
			case n.Time < at-int64(span.Before):
				first++
			case n.Time < at+long+int64(span.After):
				part.Notes = append(part.Notes, n)
			}
		}
		for _, c := range rule.Detect.Judge(&part) {
			for i := range c.Evidence {
				c.Evidence[i] += first
			}
			c.About += first
			single = append(single, c)
		}
	}
	if !reflect.DeepEqual(whole, single) {
		t.Errorf("%s: at once\n%+v\none by one\n%+v", rule.ID, whole, single)
	}
	return whole
}

// noted are the notes of each group, in order.
func noted(rule rules.Stateful, set *rules.Set, list []*event.Event) map[string][]detect.Note {
	out := detect.NewNotes(func(dst []byte, _ *event.Event, _ *event.Scratch) []byte { return dst })
	j, o := set.Judge(), rule.Detect.Observer(schema).(detect.MatchObserver) //nolint:forcetypeassert // a correlation's is one
	var s event.Scratch
	for _, ev := range list {
		s.Reset()
		j.Event(ev, &s)
		for _, base := range j.Based() {
			o.Match(base.Rule, ev, &s, out)
		}
	}
	groups := map[string][]detect.Note{}
	for _, n := range out.All() {
		groups[string(n.Group)] = append(groups[string(n.Group)], n)
	}
	for _, notes := range groups {
		slices.SortFunc(notes, func(a, b detect.Note) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.ID[:], b.ID[:]))
		})
	}
	return groups
}
