package rules

import (
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestARuleMayTellItsMatchesApartByFieldsOfItsOwn: findings name nobody who acted,
// and yet those of two machines are two cases.
func TestARuleMayTellItsMatchesApartByFieldsOfItsOwn(t *testing.T) {
	pack := loadDoc(t, `title: Finding
id: finding
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: Finding}
  condition: s
level: high
burstwatch:
  subject: ["detail.type|type", resource]
`)
	set, err := Compile(pack, []event.Schema{withECS}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	j, rule := set.Judge(), set.Rules()[0]
	var s event.Scratch
	subject := func(record string) (Subject, string) {
		ev := &event.Event{Schema: withECS, Record: []byte(record), Origin: &event.Origin{}}
		return j.SubjectOf(rule, j.Subject(ev, &s), ev, &s), string(valueOf(appendKept(nil, j.Sample(nil, ev, rule)), event.KeyStudioAlertSubject).Bytes)
	}
	one, shown := subject(`{"eventName":"Finding","detail":{"type":"Recon"},"resource":"i-1"}`)
	if shown != "Recon, i-1" {
		t.Errorf("the alert is about %q", shown)
	}
	if again, _ := subject(`{"eventName":"Finding","type":"Recon","resource":"i-1","user":"ada"}`); again != one {
		t.Errorf("told another way: %q and %q", again, one)
	}
	if other, _ := subject(`{"eventName":"Finding","detail":{"type":"Recon"},"resource":"i-2"}`); other == one {
		t.Error("two machines are one case")
	}
	if none, shown := subject(`{"eventName":"Finding","user":"ada","person":"ada"}`); none.Person != "ada" || shown != "ada" {
		t.Errorf("without its fields it is about %q, shown %q", none, shown)
	}
}
