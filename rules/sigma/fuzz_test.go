package sigma

import (
	"strings"
	"testing"
)

// FuzzParse: whatever a file holds, it is loaded or refused with a reason, and
// what is loaded can be used.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("title: a\nlogsource: {product: aws}\ndetection:\n    s: [a, b*c, {d|re: '^x', e|cidr: 10.0.0.0/8}]\n    condition: 1 of them\n"))
	f.Add([]byte("action: global\n---\na: &a [*a]\n---\naction: repeat\n"))
	f.Add([]byte("title: t\nlogsource: {product: x}\ndetection: {s: {a|windash|base64offset|contains|expand: '%a%'}, condition: [s, not s]}\n"))
	f.Add([]byte("correlation: {type: event_count}\ntitle: x\n"))
	f.Add([]byte(chain))
	f.Add([]byte("title: f\nlogsource: {product: aws}\nfilter: {rules: any, s: {a: b}, condition: not s}\n---\ntitle: x\ndetector: y\nburstwatch: {cases: [{name: a, match: true, records: [{at: +1d2h, every: 3s, repeat: 4, record: {a: '{n}'}}]}]}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		docs := Parse("f.yml", src)
		Link(&docs, nil)
		for _, r := range docs.Refused {
			if r.Reason == "" || len(r.Faults) == 0 || r.Line < 1 {
				t.Errorf("refused without reason or place: %+v", r)
			}
		}
		for _, r := range docs.Rules {
			if r.ID == "" || r.Title == "" || !strings.Contains(r.Explain(), r.Title) {
				t.Errorf("half loaded: %+v", r)
			}
			usable(t, r)
		}
	})
}

// usable checks that what was loaded is whole.
func usable(t *testing.T, r *Rule) {
	t.Helper()
	switch c := r.Correlation; {
	case c != nil:
		if len(c.Rules) == 0 || c.Timespan <= 0 || len(c.Condition.Thresholds) == 0 && c.Condition.X == nil {
			t.Errorf("half loaded: %+v", c)
		}
		for i, ref := range c.Rules {
			if ref.Rule == nil {
				t.Fatalf("a reference that was not followed: %+v", ref)
			}
			for _, b := range ref.Rule.Bases() {
				c.FieldOf("a", i, b)
			}
		}
	case r.Detector == "" && len(r.Detection.Conditions) == 0:
		t.Errorf("half loaded: %+v", r)
	}
	Walk(r.Expr(), func(it *Item) {
		if len(it.Matchers) == 0 && len(it.Placeholders) == 0 {
			t.Errorf("an item without matchers: %v", it)
		}
	})
	r.Resolve(func(string) ([]string, bool) { return []string{"x", "*"}, true })
}
