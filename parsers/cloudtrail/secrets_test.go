package cloudtrail_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// planted is a secret that is nowhere else in a document.
const planted = "wJalrXUtnFEMIK7MDENGbPxRfiCYplantedSECRET"

// places are members that hold a secret, as AWS and people write them.
var places = []string{
	`"secretAccessKey":"%s"`, `"sessionToken":"%s"`, `"password":"%s"`, `"masterUserPassword":"%s"`, `"newPassword":"%s"`, `"clientSecret":"%s"`,
	`"\u0073ecretAccessKey":"%s"`, `"sessionToken" : "%s"`, `"SecretString":"%s"`, `"authToken":"%s"`, `"password":["x","%s"]`, `"secretAccessKey":{"content":"%s"}`,
	`"policy":"{\"secretAccessKey\":\"%s\"}"`, `"commands":["export AWS_SECRET_ACCESS_KEY=%s"]`, `"cmd":"mysql -u root --password=%s -h db"`,
}

// wraps are where a record's members may stand.
var wraps = []string{
	`{"Records":[%s]}`, "%s\n", `[%s]`, `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","detail":%s}`,
}

// TestSecretsLeaveNoTrace plants a secret anywhere in a record, in any form in
// which records come, and looks for it in everything that is written.
func TestSecretsLeaveNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := fmt.Sprintf(rapid.SampledFrom(places).Draw(t, "place"), planted)
		depth := rapid.IntRange(0, 4).Draw(t, "depth")
		inner := secret
		for range depth {
			inner = rapid.SampledFrom([]string{`"credentials":{%s}`, `"items":[{"a":1},{%s}]`, `"x":{"y":"z",%s}`}).Draw(t, "around")
			inner = fmt.Sprintf(inner, secret)
			secret = inner
		}
		member := rapid.SampledFrom([]string{"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "unknownToday"}).Draw(t, "member")
		text := fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-11-06T09:37:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"e","userAgent":"caf%s",%q:{"userName":"carla",%s}}`,
			rapid.SampledFrom([]string{"é", "\xe9"}).Draw(t, "agent"), member, inner)
		file := fmt.Sprintf(rapid.SampledFrom(wraps).Draw(t, "wrap"), text)
		if rapid.Bool().Draw(t, "letter") {
			quoted, err := json.Marshal(strings.ToValidUTF8(text, "?"))
			if err != nil {
				t.Fatal(err)
			}
			file = fmt.Sprintf(`{"logEvents":[{"id":"1","message":%s}]}`, quoted)
		}
		lookForSecret(t, file)
	})
}

func lookForSecret(t *rapid.T, file string) {
	b := parse(t, []byte(file), &event.Origin{Source: "s", Name: "n", Identity: []byte("i")}, parsers.Options{}, len(file))
	if len(b.Events) != 1 || len(b.Rejects) != 0 {
		t.Fatalf("%d events, %d rejects of %q", len(b.Events), len(b.Rejects), file)
	}
	var s event.Scratch
	ev := &b.Events[0]
	list := event.AppendDocument(nil, ev.Schema.Fields(nil, ev, &s))
	b.Render(ev, nil, &s)
	for _, doc := range [][]byte{list, ev.Doc} {
		if bytes.Contains(doc, []byte(planted)) {
			t.Fatalf("the secret of %q is in %s", file, doc)
		}
		if !json.Valid(doc) {
			t.Fatalf("no JSON any more: %s", doc)
		}
		if !bytes.Contains(doc, []byte(`"redacted":["`)) || !bytes.Contains(doc, []byte(`"hash":"`)) {
			t.Fatalf("the redaction leaves no mark in %s", doc)
		}
	}
}

// TestASecretInAUserIdentityIsNotRemembered reads the caller of a record as it
// came, as rules do, before the document is made, and with the same memory.
func TestASecretInAUserIdentityIsNotRemembered(t *testing.T) {
	text := `{"eventVersion":"1.08","eventTime":"2026-11-06T09:37:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"e","userIdentity":{"type":"AssumedRole","principalId":"AROA:password=` +
		planted + `","arn":"arn:aws:sts::111111111111:assumed-role/r/s","accountId":"111111111111","sessionContext":{"sessionIssuer":{"userName":"r"}}},"userAgent":"caf","eventCategory":"Management"     }`
	b := parse(t, []byte(text+"\n"+text), &event.Origin{Source: "s", Name: "n", Identity: []byte("i")}, parsers.Options{}, 2*len(text)+1)
	if len(b.Events) != 2 {
		t.Fatalf("%d events", len(b.Events))
	}
	var s event.Scratch
	for i := range b.Events {
		ev := &b.Events[i]
		s.Reset()
		for _, name := range []string{"studio.identity.role", "related.entity", "user.id"} {
			if len(ev.Schema.Getter(name).Append(nil, ev, &s)) == 0 {
				t.Fatalf("no %s", name)
			}
		}
		doc, _ := event.AppendEvent(nil, ev, nil, &s)
		if bytes.Contains(doc, []byte(planted[:6])) || !bytes.Contains(doc, []byte(`"role":"r"`)) {
			t.Fatalf("the document is %s", doc)
		}
	}
}
