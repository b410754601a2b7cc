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
	f.Fuzz(func(t *testing.T, src []byte) {
		rules, refused := Parse("f.yml", src)
		for _, r := range refused {
			if r.Reason == "" || len(r.Faults) == 0 || r.Line < 1 {
				t.Errorf("refused without reason or place: %+v", r)
			}
		}
		for _, r := range rules {
			if r.ID == "" || r.Title == "" || len(r.Detection.Conditions) == 0 || !strings.Contains(r.Explain(), r.Title) {
				t.Errorf("half loaded: %+v", r)
			}
			Walk(r.Detection.Expr(), func(it *Item) {
				if len(it.Matchers) == 0 && len(it.Placeholders) == 0 {
					t.Errorf("an item without matchers: %v", it)
				}
			})
			r.Resolve(func(string) ([]string, bool) { return []string{"x", "*"}, true })
		}
	})
}
