package ecs_test

import (
	"testing"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

func document(ev *event.Event, s *event.Scratch) string {
	var f []event.Field
	f = ecs.Object(f, ev, s)
	f = ecs.Burstwatch(f, ev, event.Value{}, s)
	f = ecs.DataStream(f, ecs.Constant("aws.vpcflow"))
	f = ecs.ECSVersion(f)
	f = append(f, event.Field{Key: event.KeyEventHash, Value: ecs.Hash(ev, s)})
	f = ecs.Log(f, ev, s)
	return string(event.AppendDocument(nil, f))
}

func TestProvenanceIsWrittenInKeyOrder(t *testing.T) {
	ev := &event.Event{
		Origin: &event.Origin{Source: "trail", Name: `s3://org-trail/AWSLogs/"x".json.gz`},
		Number: 7, Offset: 4096, DeliveryID: event.ID{0xab, 0xcd},
		Damage: &event.Damage{SHA256: [32]byte{1}, Redacted: []string{"responseElements.credentials.sessionToken", `a"b`}, Repaired: true},
	}
	const want = `{"aws":{"s3":{"bucket":{"name":"org-trail"},"object":{"key":"AWSLogs/\"x\".json.gz"}}},` +
		`"burstwatch":{"delivery_id":"abcd0000000000000000000000000000","record":7,"redacted":["responseElements.credentials.sessionToken","a\"b"],"repaired":true,"source":"trail"},` +
		`"data_stream":{"dataset":"aws.vpcflow","namespace":"default","type":"logs"},"ecs":{"version":"8.11.0"},` +
		`"event":{"hash":"0100000000000000000000000000000000000000000000000000000000000000"},` +
		`"log":{"file":{"path":"s3://org-trail/AWSLogs/\"x\".json.gz"},"offset":4096}}`
	var s event.Scratch
	if got := document(ev, &s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ev.Damage, ev.Origin.Name = nil, "/logs/a.json"
	const undamaged = `{"burstwatch":{"delivery_id":"abcd0000000000000000000000000000","record":7,"source":"trail"},` +
		`"data_stream":{"dataset":"aws.vpcflow","namespace":"default","type":"logs"},"ecs":{"version":"8.11.0"},` +
		`"log":{"file":{"path":"/logs/a.json"},"offset":4096}}`
	if got := document(ev, &s); got != undamaged {
		t.Errorf("got  %s\nwant %s", got, undamaged)
	}
}
