package local

import (
	"fmt"
	"strings"
	"testing"
)

func TestTextFindsWhatAPersonWouldExpect(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	mustWrite(t, s,
		fact{id: "stop", action: "StopLogging", user: "mallory@studio.example", ip: "203.0.113.77", more: `,"aws":{"cloudtrail":{"user_identity":{"arn":"arn:aws:sts::111111111111:assumed-role/halo-render/i-0abc"}}}`}.event(),
		fact{id: "key", action: "Decrypt", user: "Zoë Łukasz 山田", ip: "2001:db8::7", more: `,"message":"the \"final\" cut of plate_0042.exr, 100%"`}.event(),
		fact{id: "plain", action: "ListBuckets", user: "ada", ip: "198.51.100.7"}.event(),
	)
	name := map[string]string{}
	for _, id := range []string{"stop", "key", "plain"} {
		name[fact{id: id}.event().DeliveryID.String()] = id
	}
	for text, want := range map[string]string{
		"stoplogging": "stop", "StopLogging": "stop", "logging": "stop", "stop": "stop", "stopl": "stop", `"stop"`: "stop", `"stopl"`: "",
		"203.0.113.77": "stop", "203.0.113": "stop", "203.0.113.7": "stop", `"203.0.113.7"`: "", "0.113": "", "2001:db8::7": "key", "2001:DB8": "key",
		"halo-render": "stop", "assumed-role/halo": "stop", "arn:aws:sts::111111111111:assumed-role/halo-render": "stop", "halo ada": "",
		"mallory@studio.example": "stop", "mallory": "stop", "studio.example": "stop",
		"zoë": "key", "ZOË": "key", "łuk": "key", "山田": "key", "plate_0042": "key", "plate": "key", "0042": "key", "exr": "key",
		`"final cut"`: "", `"cut of plate"`: "key", "cut of": "key", `the "final`: "key",
		"-stop -ada": "key", "bucket": "plain", "list -ada": "", "198*": "plain",
		"!!! ???": "key plain stop", "": "key plain stop", `"`: "key plain stop", "-": "key plain stop", "*": "key plain stop",
		"NOT": "", "OR": "", "words:ada": "", "NEAR(ada)": "", `ada" OR "stop`: "", "ada; DROP TABLE events": "", "(ada": "plain", "^ada": "plain", "{ada}": "plain",
	} {
		p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Text: text}))
		var got []string
		for i := range p.list {
			got = append(got, name[p.list[i].DeliveryID])
		}
		if sortedWords(got) != want {
			t.Errorf("%q finds %q, want %q", text, sortedWords(got), want)
		}
	}
}

func sortedWords(list []string) string {
	for i := range list {
		for j := i; j > 0 && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return strings.Join(list, " ")
}

// FuzzText proves that nothing typed is taken for syntax: every text is
// answered, and what a document says finds it.
func FuzzText(f *testing.F) {
	s := mustOpen(f, f.TempDir(), Options{Search: true})
	for _, seed := range []string{`ada`, `"a b" -c*`, `a" OR b`, "x\x00y", `{a: b}`, `NEAR("a" "b", 5)`, "山\u0301", "\xff\xfe", `-"`, `a'b''c`, "1e9 + 2", "ẞIİ"} {
		f.Add(seed)
	}
	n := 0
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := s.Store().Events(ctx, Filter{Text: text, Limit: 1}); err != nil && !strings.Contains(err.Error(), "words to search for") {
			t.Fatalf("%q: %v", text, err)
		}
		if _, _, err := s.Store().Alerts(ctx, Filter{Text: text, Limit: 1}); err != nil && !strings.Contains(err.Error(), "words to search for") {
			t.Fatalf("%q: %v", text, err)
		}
		if strings.ContainsAny(text, `"-`) || len(strings.Fields(text)) != 1 || len(text) > 100 {
			return
		}
		n++
		mark := fmt.Sprintf("mark%d", n)
		e := fact{id: mark, user: text, action: mark}.event()
		mustWrite(t, s, e)
		p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Text: text + " " + mark}))
		if len(p.list) != 1 {
			t.Fatalf("%q does not find itself: %d found, document %s", text, len(p.list), e.Doc)
		}
	})
}
