package cloudtrail

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// what recurs is drawn of a few, and so is what stands around it.
var (
	callers = []string{
		`{"type":"AssumedRole","principalId":"AROA:ada","arn":"arn:aws:sts::1:assumed-role/r/ada","accountId":"111111111111","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::1:role/r","userName":"r"},"attributes":{"mfaAuthenticated":"true"}}}`,
		`{"type":"IAMUser","userName":"svc-render","accessKeyId":"AKIA0"}`, `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, `{"type":["x"]}`, `null`, `"text"`,
		`{"type":"Unknown","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/ada"}`, `{"type":"IdentityCenterUser"}`,
		`{"type":"IdentityCenterUser","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::1:identitystore/d-1"}}`,
	}
	sources = []string{`"203.0.113.7"`, `"ec2.amazonaws.com"`, `"2001:db8::1"`, `null`}
	agents  = []string{`"aws-cli/2.15 Python/3.11 Linux/6.6"`, `"Mozilla/5.0 (Windows NT 10.0) Firefox/132.0"`, `"a\"b"`, `null`}
	around  = []string{
		`"eventSource":"signin.amazonaws.com","eventName":"UserAuthentication","additionalEventData":{"UserName":"eve@studio.example"}`,
		`"eventSource":"si\u0067nin.amazonaws.com","eventName":"UserAuthentication","additionalEventData":{"UserName":"mia@studio.example"}`,
		`"eventSource":"kms.amazonaws.com","eventName":"Decrypt","eventType":"Aws\u0043onsoleSignIn"`,
		`"eventSource":"kms.amazonaws.com","eventName":"Decrypt","eventType":"AwsApiCall"`,
		`"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignIn","additionalEventData":{"UserName":"bob@studio.example"}`,
		`"eventSource":"kms.amazonaws.com","eventName":"Decrypt","recipientAccountId":"222222222222","sessionCredentialFromConsole":"true"`,
		`"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"b","roleArn":"arn:aws:iam::1:role/other"}`,
	}
	recurringNames = []string{
		"userIdentity", "userIdentity.type", "userIdentity.arn", "userIdentity.principalId", "userIdentity.accessKeyId", "userIdentity.invokedBy",
		"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.sessionContext.attributes.mfaAuthenticated", "userIdentity.not.known",
		"sourceIPAddress", "source.ip", "userAgent", "user_agent.name", "user_agent.os.name", "user_agent.version", "studio.identity.person",
		"studio.identity.service", "user.id", "user.name", "aws.cloudtrail.user_identity.arn", "source.address",
	}
)

// TestWhatRecursIsToldByItsHash: a field that is said to recur has the same values
// in all events of one hash, whatever else is in them; and so has one of a part in
// those of one hash of the part.
func TestWhatRecursIsToldByItsHash(t *testing.T) {
	c := schema{redact.Default()}
	for _, name := range recurringNames {
		if !c.Recurs(name) {
			t.Errorf("%s does not recur", name)
		}
	}
	for _, name := range []string{"eventName", "studio.identity.role", "cloud.account.id", "user_agent_of_ours", "requestParameters.userAgent"} {
		if c.Recurs(name) {
			t.Errorf("%s recurs", name)
		}
	}
	known, byPart := map[uint64][]string{}, map[uint64][]string{}
	rapid.Check(t, func(rt *rapid.T) {
		raw := fmt.Sprintf(`{"eventVersion":"1.08","eventID":"e%d",%s,"userIdentity":%s,"sourceIPAddress":%s,"userAgent":%s}`, rapid.IntRange(0, 9).Draw(rt, "id"),
			rapid.SampledFrom(around).Draw(rt, "around"), rapid.SampledFrom(callers).Draw(rt, "caller"), rapid.SampledFrom(sources).Draw(rt, "source"), rapid.SampledFrom(agents).Draw(rt, "agent"))
		ev := parseOne(t, []byte(raw))
		var s event.Scratch
		var got []string
		var parts [event.PartCount][]string
		for _, name := range recurringNames {
			if g := c.Getter(name); g != nil {
				for _, v := range g.Append(nil, ev, &s) {
					got = append(got, name+"="+plainText(v))
					parts[c.PartOf(name)] = append(parts[c.PartOf(name)], got[len(got)-1])
				}
			}
		}
		hash := c.Recurring(ev)
		if want, ok := known[hash]; ok && !slices.Equal(got, want) {
			rt.Fatalf("one hash, two readings:\n%q\n%q", got, want)
		}
		known[hash] = got
		for part := event.Whole + 1; part < event.PartCount; part++ {
			hash := c.Part(ev, part)
			if hash == 0 {
				continue
			}
			hash ^= uint64(part) // null is an address and an agent
			if want, ok := byPart[hash]; ok && !slices.Equal(parts[part], want) {
				rt.Fatalf("one hash of part %d, two readings:\n%q\n%q", part, parts[part], want)
			}
			byPart[hash] = parts[part]
		}
	})
	if n := len(callers) * len(sources) * len(agents) * (1 + len(around)); len(known) > n {
		t.Errorf("%d hashes of %d parts", len(known), n)
	}
}
