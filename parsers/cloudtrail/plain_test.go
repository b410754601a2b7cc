package cloudtrail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
)

var recordSeeds = []string{
	`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA","arn":"arn:aws:iam::1:user/a","accountId":"1","accessKeyId":"AKIA","userName":"a","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},"attributes":{"creationDate":"2023-07-10T11:42:31Z","mfaAuthenticated":"true"}},"invokedBy":"x"},"eventTime":"2023-07-10T11:47:39Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"10.0.0.1","userAgent":"[Boto3/1.2 Python/3 Linux/5.1 Botocore/1]","requestParameters":{"userName":"b","items":[{"x":[1,2]},{"x":3}]},"responseElements":{"user":{"userId":"AIDB"}},"requestID":"r","eventID":"e","readOnly":false,"resources":[{"ARN":"arn:1","accountId":"1","type":"t"},7],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"1","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"c","clientProvidedHostHeader":"h"}}`,
	`{"eventVersion":"1.08","eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","eventTime":"2023-07-10T11:47:39Z","responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"MFAUsed":"No","LoginTo":"https:\/\/x","MobileVersion":"Yes"},"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/1.2 Safari/1"}`,
	`{"\u0065ventVersion":"1","eventName":"a\u0062","eventName":null,"eventName":"x","userIdentity":{"type":"Root","accountId":"1"},"userIdentity":{"arn":"z"},"eventID":12}`,
	`{"eventVersion":1.5,"eventName":{"a":1},"eventTime":5,"sourceIPAddress":["1.2.3.4"],"userIdentity":"root","requestParameters":"text","resources":{},"readOnly":"maybe","tlsDetails":[],"eventID":""}`,
	`{"eventVersion":"1","eventName":"x","userIdentity":[{"type":"A"},{"type":"B","sessionContext":[{"attributes":{"mfaAuthenticated":true}}]}],"eventTime":"2023-07-10T11:47:39.123+02:00","userAgent":"a\"b/1 c/2"}`,
	`{"detail-type":"AWS API Call via CloudTrail","source":"aws.s3","resources":["outer"],"detail":{"eventVersion":"1","eventName":"x","userIdentity":{"type":"AWSService","invokedBy":"s3.amazonaws.com"}},"id":"i"}`,
	`{"eventVersion":"1","eventName":"x","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/a@b.c","sessionContext":{"sessionIssuer":{"userName":"AWSReservedSSO_Admin_0123456789abcdef"}}},"insightDetails":{"eventName":"y"},"errorCode":"AccessDenied","unknownKey":{"deep":[[1]]}}`,
	"{\n  \"eventVersion\" : \"1\" ,\n  \"eventName\" :\t\"x\"\n}",
	`{"eventVersion":"1","eventName":"GetObject","userIdentity":` + role + `,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"},{"accountId":"111111111111","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}]}`,
	`{"eventVersion":"1","eventName":"GetObject","userIdentity":` + role + `,"resources":[{"ARN":"arn:aws:s3:::b","accountId":"1"},{"ARN":"arn:aws:s3:::b"},{"ARN":"zzz:later","type":7},{"ARN":"AROA"},{"type":"x","ARN":""}]}`,
	"{\"eventVersion\":\"1\",\"eventName\":\"x\",\"userIdentity\":" + role + ",\"resources\":[{\"type\":\"t\",\"ARN\":\"arn:1\"} ,\n{\"ARN\" : \"arn:2\",\"type\":{\n\"a\":1}},5,{\"ARN\":\"arn:\\u0033\",\"ARN\":\"arn:4\"} ]}",
}

const role = `{"type":"AssumedRole","principalId":"AROA:s","arn":"arn:aws:sts::1:assumed-role/r/s","accountId":"1","accessKeyId":"ASIA","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA","arn":"arn:aws:iam::1:role/r","accountId":"1","userName":"r"}}}`

// rawFields are names as records have them, in slots, below them and beside them.
var rawFields = []string{
	"eventName", "eventVersion", "eventTime", "userIdentity", "userIdentity.type", "userIdentity.arn", "userIdentity.sessionContext.attributes.mfaAuthenticated",
	"userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.sessionContext", "userIdentity.unknown", "userIdentity.sessionContext.webIdFederationData.x",
	"requestParameters", "requestParameters.userName", "requestParameters.items.x", "resources.ARN", "resources", "tlsDetails.tlsVersion", "readOnly", "unknownKey.deep",
	"unknownKey", "additionalEventData.MFAUsed", "sourceIPAddress", "insightDetails.eventName", "userIdentity.type.x",
}

// FuzzRecord: a record read in one pass over its bytes is what encoding/json
// makes of it: the same objects are records, with the same raw members in the
// slots; getters see the values that a walk over maps sees; and its document is
// what its list of fields says.
func FuzzRecord(f *testing.F) {
	for _, s := range recordSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || raw[0] != '{' || !utf8.Valid(raw) {
			return
		}
		ev := parseOne(t, raw)
		if ev == nil {
			return
		}
		body := raw
		if ev.Slots[sBody].Start > 0 {
			body = rawMembers(t, raw)["detail"]
		}
		compareSlots(t, ev, rawMembers(t, body), recordNode)
		compareGetters(t, ev, body)
		compareDocument(t, ev)
	})
}

// parseOne parses one object as a file of its own and checks what encoding/json
// says of it; nil if it is no CloudTrail record.
func parseOne(t *testing.T, raw []byte) *event.Event {
	b := event.NewBatch(0, nil)
	b.Origin, b.Created = &event.Origin{Source: "s", Name: "n", Identity: []byte("i")}, 1_700_000_000_000_000_000
	p := Spec().New(parsers.Options{})
	p.Reset(b.Origin, nil)
	if n, err := p.Parse(raw, 0, true, b); n != len(raw) || err != nil {
		t.Fatalf("consumed %d of %q, %v", n, raw, err)
	}
	if _, fault := jsonscan.Skip(raw, 0); !json.Valid(raw) && fault != jsonscan.Deep {
		for i := range b.Events {
			if !json.Valid(b.Events[i].Record) {
				t.Fatalf("an event of broken JSON: %q", b.Events[i].Record)
			}
		}
		return nil
	}
	members := rawMembers(t, raw)
	if string(members["eventVersion"]) == "" || string(members["eventName"]) == "" || isNull(members["eventVersion"]) || isNull(members["eventName"]) || bytes.HasPrefix(members["eventSource"], []byte(`"aws:`)) {
		if len(b.Events) == 1 && b.Events[0].Schema.Dataset() == Dataset && bytes.Equal(b.Events[0].Record, raw) {
			return &b.Events[0]
		}
		return nil
	}
	for _, wrap := range []string{"Records", "logEvents", "events", "Events"} {
		if v := members[wrap]; len(v) > 0 && v[0] == '[' || bytes.Contains(raw, []byte(`"`+wrap)) {
			return nil
		}
	}
	if _, fault := jsonscan.Skip(raw, 0); fault == jsonscan.OK && !bytes.Contains(raw, []byte(`\u`)) && len(b.Events) != 1 {
		t.Fatalf("%d events of %q: %v", len(b.Events), raw, b.Rejects)
	}
	if len(b.Events) != 1 {
		return nil
	}
	return &b.Events[0]
}

func isNull(raw []byte) bool { return string(raw) == "null" }

// rawMembers are the members of an object as encoding/json reads them; none of
// another type.
func rawMembers(t *testing.T, raw []byte) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", raw, err)
		}
	}
	return out
}

func compareSlots(t *testing.T, ev *event.Event, members map[string]json.RawMessage, n *node) {
	for _, m := range n.members {
		if m.slot == sOther || m.slot == sWrapped || m.slot == sDetailType || m.slot == sBusSource {
			continue
		}
		want := members[m.name]
		if isNull(want) {
			want = nil
		}
		if got := ev.At(m.slot); !bytes.Equal(got, want) {
			t.Fatalf("slot %s is %q, encoding/json says %q\nof %q", m.name, got, want, ev.Record)
		}
		if m.child != nil {
			compareSlots(t, ev, rawMembers(t, want), m.child)
		}
	}
}

func compareGetters(t *testing.T, ev *event.Event, body []byte) {
	var s event.Scratch
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	for _, name := range rawFields {
		var want []any
		walkPlain(v, strings.Split(name, "."), &want)
		got := ev.Schema.Getter(name).Append(nil, ev, &s)
		if len(got) != len(want) {
			t.Fatalf("%s: %d values, want %v\nof %q", name, len(got), want, ev.Record)
		}
		for i := range got {
			if g, w := plainText(got[i]), plainWant(want[i]); g != w {
				t.Fatalf("%s: value %d is %s, want %s\nof %q", name, i, g, w, ev.Record)
			}
		}
	}
}

func walkPlain(v any, keys []string, out *[]any) {
	if list, ok := v.([]any); ok {
		for _, e := range list {
			walkPlain(e, keys, out)
		}
		return
	}
	if len(keys) == 0 {
		if v != nil {
			*out = append(*out, v)
		}
		return
	}
	if m, ok := v.(map[string]any); ok {
		if next, ok := m[keys[0]]; ok {
			walkPlain(next, keys[1:], out)
		}
	}
}

// plainText and plainWant write values down alike, with their types.
func plainText(v event.Value) string {
	switch v.Kind {
	case event.String:
		return "s" + string(v.Bytes)
	case event.Escaped:
		return "s" + string(event.AppendUnescaped(nil, v.Bytes))
	case event.Bool:
		return fmt.Sprint("b", v.Num != 0)
	case event.Int, event.Float:
		return fmt.Sprint("n", v.Float())
	}
	var out any
	d := json.NewDecoder(bytes.NewReader(v.Bytes))
	d.UseNumber()
	if d.Decode(&out) != nil {
		return "no JSON"
	}
	return plainWant(out)
}

func plainWant(v any) string {
	switch x := v.(type) {
	case string:
		return "s" + x
	case bool:
		return fmt.Sprint("b", x)
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return "j" + x.String()
		}
		return fmt.Sprint("n", f)
	}
	text, _ := json.Marshal(v)
	return "j" + string(text)
}

// compareDocument checks an event's fields against the schema table, its
// document against its fields, and its getters against both.
func compareDocument(t *testing.T, ev *event.Event) {
	var s event.Scratch
	fields := ev.Schema.Fields(nil, ev, &s)
	var again event.Scratch
	doc, _ := event.AppendEvent([]byte("before"), ev, nil, &again)
	if want := event.AppendDocument([]byte("before"), fields); !bytes.Equal(doc, want) {
		t.Fatalf("the document is\n%s\nits fields make\n%s", doc, want)
	}
	for i, f := range fields {
		if i > 0 && fields[i-1].Key >= f.Key {
			t.Fatalf("%s stands behind %s", f.Key, fields[i-1].Key)
		}
		checkType(t, f)
		if ev.Damage == nil {
			compareGetter(t, ev, f, &s)
		}
	}
	for _, f := range fields {
		if f.Key == event.KeyEventOriginal && ev.Damage == nil {
			var back string
			if err := json.Unmarshal(event.AppendValue(nil, f.Value), &back); err != nil || back != string(ev.Record) {
				t.Fatalf("event.original reads %q, %v; the record is %q", back, err, ev.Record)
			}
		}
	}
}

// checkType holds a field to what its mapping takes.
func checkType(t *testing.T, f event.Field) {
	var v any
	if err := json.Unmarshal(event.AppendValue(nil, f.Value), &v); err != nil {
		t.Fatalf("%s is no JSON: %s: %v", f.Key, event.AppendValue(nil, f.Value), err)
	}
	def := f.Key.Definition()
	values := []any{v}
	if list, ok := v.([]any); ok && (def.Array || def.Type == "flattened") {
		values = list
	}
	for _, v := range values {
		ok := false
		switch def.Type {
		case "keyword", "text":
			_, ok = v.(string)
		case "boolean":
			_, ok = v.(bool)
		case "long":
			_, ok = v.(float64)
		case "flattened":
			_, ok = v.(map[string]any)
		case "ip":
			text, _ := v.(string)
			a, err := netip.ParseAddr(text)
			ok = err == nil && a.Zone() == ""
		case "date":
			text, _ := v.(string)
			_, err := time.Parse(time.RFC3339Nano, text)
			ok = err == nil
		}
		if !ok {
			t.Fatalf("%s is a %s, not %s", f.Key, def.Type, event.AppendValue(nil, f.Value))
		}
	}
}

func compareGetter(t *testing.T, ev *event.Event, f event.Field, s *event.Scratch) {
	g := ev.Schema.Getter(f.Key.String())
	if g == nil {
		t.Fatalf("%s is in the document and has no getter", f.Key)
	}
	var got []any
	for _, v := range g.Append(nil, ev, s) {
		got = append(got, decoded(t, event.AppendValue(nil, v)))
	}
	want, ok := decoded(t, event.AppendValue(nil, f.Value)).([]any)
	if !ok {
		want = []any{decoded(t, event.AppendValue(nil, f.Value))}
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: the getter says %v, the document %v", f.Key, got, want)
	}
}

func decoded(t *testing.T, text []byte) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("no JSON: %s: %v", text, err)
	}
	return v
}
