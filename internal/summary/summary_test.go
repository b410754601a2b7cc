package summary

import (
	"reflect"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
)

func TestASummaryHoldsWhatPeopleFilterBy(t *testing.T) {
	got := Of([]byte(`{"@timestamp":"2026-11-06T09:37:05.5Z","aws":{"cloudtrail":{"recipient_account_id":"222222222222","error_code":"AccessDenied"}},
		"burstwatch":{"source":"trail"},"cloud":{"account":{"id":"111111111111"},"region":"us-east-1"},"destination":{"address":"kms"},
		"event":{"action":"Decrypt","created":"2026-11-06T09:40:00Z","dataset":"aws.cloudtrail","id":"e-1","kind":"event","outcome":"failure","provider":"kms.amazonaws.com"},
		"source":{"address":"a","ip":"198.51.100.24"},"studio":{"identity":{"person":"ada\u002ek@studio.example"},"production":"SABLE"},
		"user":{"id":"AROA","name":"ShowAdmin"}}`))
	want := Summary{
		Time: 1793957825500000000, Created: 1793958000000000000, Kind: "event", Dataset: "aws.cloudtrail",
		Provider: "kms.amazonaws.com", Action: "Decrypt", Outcome: "failure", EventID: "e-1", Source: "trail",
		Account: "111111111111", Recipient: "222222222222", Region: "us-east-1", User: "ada.k@studio.example",
		SourceIP: "198.51.100.24", DestinationIP: "kms", Production: "SABLE", ErrorCode: "AccessDenied",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestASummaryOfAnAlertHoldsItsCase(t *testing.T) {
	got := Of([]byte(`{"event":{"kind":"alert","severity":73},"message":"two places","rule":{"id":"r","level":"high","name":"Two places at once"},
		"studio":{"alert":{"count":3,"do":["call","revoke"],"first":"2026-11-06T09:02:11Z","id":"c02e","last":"2026-11-06T09:02:12Z","revision":2,"short_id":"A-c02e","state":"final","subject":"ada"},"control":"1.3"}}`))
	want := Alert{
		ID: "c02e", ShortID: "A-c02e", Revision: 2, State: "final", Count: 3, First: 1793955731000000000, Last: 1793955732000000000,
		Subject: "ada", RuleID: "r", RuleName: "Two places at once", Level: "high", Controls: []string{"1.3"}, Do: []string{"call", "revoke"},
	}
	if !reflect.DeepEqual(got.Alert, want) || got.Severity != 73 || got.Message != "two places" {
		t.Errorf("got %+v", got)
	}
}

func TestFieldsOfOtherTypesThanUsualDoNoHarm(t *testing.T) {
	for _, doc := range []string{``, `null`, `[]`, `"x"`, `{`, `{"event":[]}`, `{"event":{"kind":{"a":1}}}`, `{"@timestamp":12,"event":{"severity":"high"}}`,
		`{"studio":{"control":[null,1.3,["x"]],"alert":{"do":{"a":1}}}}`, `{"user":{"name":null,"id":7}}`} {
		Of([]byte(doc))
	}
	if got := Of([]byte(`{"user":{"name":null,"id":7}}`)).User; got != "7" {
		t.Errorf("user %q", got)
	}
}

// TestEveryFieldIsOneOfTheSchema keeps the names here from drifting away from
// the table that documents are written by.
func TestEveryFieldIsOneOfTheSchema(t *testing.T) {
	var check func(prefix string, n *node)
	check = func(prefix string, n *node) {
		for name, under := range n.under {
			full := strings.TrimPrefix(prefix+"."+name, ".")
			if under.take == nil {
				check(full, under)
			} else if _, ok := event.KeyOf(full); !ok {
				t.Errorf("%s is no field of the schema", full)
			}
		}
	}
	check("", &tree)
}

func FuzzOf(f *testing.F) {
	f.Add([]byte(`{"event":{"kind":"alert"},"studio":{"control":["1.3"]}}`))
	f.Fuzz(func(_ *testing.T, doc []byte) { Of(doc) })
}

func BenchmarkOf(b *testing.B) {
	doc := []byte(`{"@timestamp":"2026-11-06T09:37:05Z","aws":{"cloudtrail":{"flattened":{"request_parameters":{"x":"` + strings.Repeat("y", 500) + `"}},"recipient_account_id":"222222222222"}},"cloud":{"account":{"id":"111111111111"},"region":"us-east-1"},"event":{"action":"Decrypt","created":"2026-11-06T09:40:00Z","dataset":"aws.cloudtrail","id":"5e0c8a71-9b1f-4f7e-8a34-0c5c2f6d9e11","kind":"event","original":"` + strings.Repeat("z", 1200) + `","outcome":"failure"},"source":{"ip":"198.51.100.24"},"user":{"name":"ShowAdmin"}}`)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		Of(doc)
	}
}
