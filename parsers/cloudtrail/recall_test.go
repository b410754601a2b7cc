package cloudtrail

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// identityTexts are userIdentities that begin alike, and what of them is easily
// taken for another's.
var identityTexts = func() (out []string) {
	role := `{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE123:worker","arn":"arn:aws:sts::111111111111:assumed-role/render/worker","accessKeyId":%q,` +
		`"sessionContext":{"sessionIssuer":{"type":"Role","userName":%q},"attributes":{"mfaAuthenticated":"false"}}}`
	for n := range 5 {
		out = append(out, fmt.Sprintf(role, fmt.Sprintf("ASIAEXAMPLE%d", n), strings.Repeat("r", n)))
	}
	long := fmt.Sprintf(role, "ASIAEXAMPLE9", strings.Repeat("x", identityMax))
	first := out[0]
	return append(out, long, `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, `{}`, `null`, `"none"`,
		strings.Replace(first, `"render`, `"r\u00e9nder`, 1), strings.Replace(first, `render/`, `rénder/`, 1),
		strings.Replace(first, `"accessKeyId"`, `"accessKeyId":null,"accessKeyId"`, 1), strings.TrimSuffix(first, "}")+`,"sessionContext":{"sessionIssuer":{}}}`,
		strings.Replace(first, `"arn"`, ` "arn" `, 1), strings.TrimSuffix(first, "}")+`,"invokedBy":{"a":[1,{}]}}`)
}()

// What an identity is known by is never seen in what is made of it.
func TestARecordReadsTheSameWhoeverCameBefore(t *testing.T) {
	remembering := scanner{identities: new(identities)}
	rapid.Check(t, func(t *rapid.T) {
		identity := rapid.SampledFrom(identityTexts)
		for range 20 {
			text := `{"eventVersion":"1.08","userIdentity":` + identity.Draw(t, "identity") + `,"eventName":"A"`
			if rapid.IntRange(0, 5).Draw(t, "twice") == 0 {
				text += `,"userIdentity":` + identity.Draw(t, "again")
			}
			got, want := scanned(&remembering, text+"}"), scanned(new(scanner), text+"}")
			if !slices.Equal(got.Slots, want.Slots) || got.Flags != want.Flags {
				t.Fatalf("%s\n got %v %d\nwant %v %d", text, got.Slots, got.Flags, want.Slots, want.Flags)
			}
			if want.Recurs != 0 || identityHash(&got) != identityHash(&want) {
				t.Fatalf("%s: is taken for another", text)
			}
		}
	})
}

// What was scanned before is known again: else all this is for nothing.
func TestAnIdentityIsRemembered(t *testing.T) {
	s := scanner{identities: new(identities)}
	for _, identity := range identityTexts[:2] {
		for range 2 {
			if e := scanned(&s, `{"userIdentity":`+identity+`,"eventTime":"2026-11-06T09:37:05Z"}`); e.Recurs == 0 {
				t.Errorf("not remembered: %s", identity)
			}
		}
	}
}

func scanned(s *scanner, text string) event.Event {
	e := event.Event{Record: []byte(text), Slots: make([]event.Span, slotCount)}
	s.fill(&e, false)
	return e
}
