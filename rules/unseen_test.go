package rules

import (
	"strings"
	"sync"
	"testing"
)

// TestARuleWhoseFieldsOrLogsWereNeverSeenIsNamed: a field that was asked for and
// never there is named; one that nothing came to ask for says nothing.
func TestARuleWhoseFieldsOrLogsWereNeverSeenIsNamed(t *testing.T) {
	set := compiled(t, Options{},
		rule("misspelt", "  s: {eventName: A, reqest: x}\n  condition: s\n"),
		rule("either", "  s: {eventName: A}\n  t: {reqest: x}\n  condition: s or t\n"),
		rule("one-of-two", "  s: {reqest: x}\n  t: {other: x}\n  condition: s or t\n"),
		rule("filter", "  s: {eventName: A}\n  f: {reqest: x}\n  condition: s and not f\n"),
		rule("absence", "  s: {eventName: A, reqest: null}\n  condition: s\n"),
		rule("not-reached", "  s: {eventName: B, never: x}\n  condition: s\n"),
		rule("seen", "  s: {eventName: A, a: x}\n  condition: s\n"))
	if got := unseen(set); len(got) != 7 || !strings.Contains(got["seen"], "nothing was read of its logs (aws.cloudtrail)") {
		t.Errorf("before anything was judged: %v", got)
	}
	var group sync.WaitGroup
	for range 4 { // as workers do
		group.Go(func() {
			j := set.Judge()
			for range 100 {
				matches(j, `{"eventName":"A","a":"y"}`)
				set.Unseen()
			}
		})
	}
	group.Wait()
	got := unseen(set)
	for id, want := range map[string]string{
		"misspelt": "no record had its field reqest", "one-of-two": "no record had its field other and reqest",
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
		delete(got, id)
	}
	if len(got) > 0 {
		t.Errorf("named too: %v", got)
	}
	matches(set.Judge(), `{"eventName":"A","a":"y","reqest":"z"}`)
	if got := unseen(set); len(got) > 0 {
		t.Errorf("the field has come: %v", got)
	}
}

func unseen(s *Set) map[string]string {
	out := map[string]string{}
	for _, u := range s.Unseen() {
		out[u.Rule.ID] = u.Reason
	}
	return out
}
