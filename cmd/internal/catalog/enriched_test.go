package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/geo/geotest"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
)

// enriched are the demo's events as a service with a studio file has them.
func enriched(t testing.TB, e *enrich.Enricher, text []byte, dataset string) (out []*event.Event) {
	t.Helper()
	r := reader.New(reader.Options{Specs: catalog.Enriched(e), MaxRecord: parsers.DefaultMaxRecord, Now: time.Now})
	o := &ingest.Object{
		Origin: &event.Origin{Source: "case", Name: "case", Identity: []byte("case"), Dataset: dataset, Account: "111111111111", Region: "eu-west-2"},
		Body:   io.NopCloser(bytes.NewReader(text)), Size: int64(len(text)),
	}
	next := func() *event.Batch { return event.NewBatch(max(len(text)+1, 4096), nil) }
	if err := r.Read(context.Background(), o, next, func(b *event.Batch) error {
		for i := range b.Events {
			out = append(out, &b.Events[i])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// studioOf is what is known of the demo's studio.
func studioOf(t testing.TB, dir string) *enrich.Knowledge {
	t.Helper()
	_, index, err := config.LoadStudio(filepath.Join(dir, "studio.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	places, err := geo.Open(geo.Options{
		City: []string{geotest.Places(t, "GeoLite2-City", map[string]geotest.Place{
			"198.51.100.0/24": {Country: "NL", City: "Amsterdam", Latitude: 52.4, Longitude: 4.9}, "192.0.2.0/24": {Country: "GB"},
		})},
		ASN: []string{geotest.Systems(t, map[string]geotest.System{"192.0.2.0/24": {Number: 64500, Organization: `A "quoted" cloud`}})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &enrich.Knowledge{Studio: index, Geo: places}
}

// demoEvents writes a small demo and reads it with what is known.
func demoEvents(t testing.TB) (*enrich.Enricher, []*event.Event) {
	t.Helper()
	dir := t.TempDir()
	if _, err := demo.Write(dir, demo.WriteOptions{CloudTrail: 3e6, FlowLogs: 2e6, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	e := enrich.New(catalog.Schemas())
	e.Swap(studioOf(t, dir))
	var all []*event.Event
	for part, dataset := range map[string]string{"CloudTrail": "aws.cloudtrail", "vpcflowlogs": "aws.vpcflow"} {
		for _, file := range texts(t, dir, part) {
			all = append(all, enriched(t, e, file, dataset)...)
		}
	}
	if len(all) < 5000 {
		t.Fatalf("only %d events", len(all))
	}
	return e, all
}

// TestADocumentIsTheSameByEveryWay holds the short way of writing documents to
// the list of fields, and the getters that rules read to both.
func TestADocumentIsTheSameByEveryWay(t *testing.T) {
	_, events := demoEvents(t)
	var s event.Scratch
	seen := map[event.Key]int{}
	getters := map[event.Schema]map[event.Key]event.Getter{}
	for n, ev := range events {
		s.Reset()
		fields := ev.Schema.Fields(nil, ev, &s)
		for i := 1; i < len(fields); i++ {
			if fields[i-1].Key >= fields[i].Key {
				t.Fatalf("%s stands behind %s", fields[i].Key, fields[i-1].Key)
			}
		}
		want := event.AppendDocument(nil, fields)
		got, _ := event.AppendEvent(nil, ev, nil, &s)
		if !bytes.Equal(got, want) {
			t.Fatalf("the short way writes\n%s\nnot\n%s", got, want)
		}
		for _, f := range fields {
			seen[f.Key]++
		}
		if n%7 == 0 {
			sameByGetters(t, ev, fields, getters, &s)
		}
	}
	for key := range event.Key(event.Keys) {
		if ours(key.String()) && seen[key] == 0 {
			t.Errorf("no event of the demo has %s", key)
		}
	}
}

func ours(name string) bool {
	d, _ := event.KeyOf(name)
	switch {
	case bytes.HasPrefix([]byte(name), []byte("studio.alert.")) || name == "studio.control":
		return false
	case bytes.HasPrefix([]byte(name), []byte("studio.")), d == event.KeyCloudAccountName:
		return true
	}
	for _, side := range []string{"source.", "destination."} {
		if bytes.HasPrefix([]byte(name), []byte(side+"geo.")) || bytes.HasPrefix([]byte(name), []byte(side+"as.")) {
			return true
		}
	}
	return false
}

// sameByGetters compares what the getters of our fields say with a document.
func sameByGetters(t *testing.T, ev *event.Event, fields []event.Field, known map[event.Schema]map[event.Key]event.Getter, s *event.Scratch) {
	t.Helper()
	if known[ev.Schema] == nil {
		known[ev.Schema] = map[event.Key]event.Getter{}
		for key := range event.Key(event.Keys) {
			if ours(key.String()) {
				known[ev.Schema][key] = ev.Schema.Getter(key.String())
			}
		}
	}
	written := map[event.Key]string{}
	for _, f := range fields {
		values := []event.Value{f.Value}
		if f.Value.Kind == event.JSON {
			values = jsonscan.AppendValues(nil, f.Value.Bytes)
		}
		written[f.Key] = printed(values)
	}
	for key, g := range known[ev.Schema] {
		var got string
		if g != nil {
			got = printed(g.Append(nil, ev, s))
		}
		if got != written[key] {
			t.Fatalf("%s: the getter says %q, the document %q", key, got, written[key])
		}
	}
}

func printed(values []event.Value) string {
	var b []byte
	for _, v := range values {
		b = append(event.AppendValue(b, v), ' ')
	}
	return string(b)
}

func TestWhatNothingIsKnownOfStaysAsItWas(t *testing.T) {
	e, events := demoEvents(t)
	e.Swap(nil)
	plain := map[string]event.Schema{}
	for _, s := range catalog.Schemas() {
		plain[s.Dataset()] = s
	}
	var s event.Scratch
	for _, ev := range events[:2000] {
		s.Reset()
		got, _ := event.AppendEvent(nil, ev, nil, &s)
		bare := *ev
		bare.Schema = plain[ev.Schema.Dataset()]
		if want, _ := event.AppendEvent(nil, &bare, nil, &s); !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestOneSchemaForEachDatasetWhateverIsKnown(t *testing.T) {
	e := enrich.New(catalog.Schemas())
	before := map[string]event.Schema{}
	for _, p := range catalog.Enriched(e) {
		for _, s := range p.Schemas {
			before[s.Dataset()] = s
		}
	}
	e.Swap(&enrich.Knowledge{})
	for _, p := range catalog.Enriched(e) {
		for _, s := range p.Schemas {
			if before[s.Dataset()] != s {
				t.Errorf("%s has another schema", s.Dataset())
			}
		}
	}
}

// TestWhatRecursIsToldByItsHashAsLongAsTheSameIsKnown: a field that is said to recur
// has one reading for each hash, also across an exchange of what is known.
func TestWhatRecursIsToldByItsHashAsLongAsTheSameIsKnown(t *testing.T) {
	e, events := demoEvents(t)
	known := e.Known()
	said := map[string]string{}
	people := 0
	for _, k := range []*enrich.Knowledge{known, nil, {}, known} {
		e.Swap(k)
		for _, ev := range events {
			r, _ := ev.Schema.(event.Recurring)
			if ev.Schema.Dataset() != "aws.cloudtrail" {
				continue
			}
			for _, name := range []string{"studio.identity.person", "studio.identity.duty", "studio.identity.production", "source.ip"} {
				if !r.Recurs(name) {
					t.Fatalf("%s does not recur", name)
				}
				var s event.Scratch
				var value string
				if g := ev.Schema.Getter(name); g != nil {
					value = printed(g.Append(nil, ev, &s))
				}
				key := fmt.Sprint(name, r.Recurring(ev))
				if was, ok := said[key]; ok && was != value {
					t.Fatalf("one hash, two readings of %s: %s and %s", name, was, value)
				}
				if said[key] = value; value != "" && name == "studio.identity.duty" {
					people++
				}
			}
		}
	}
	if people == 0 {
		t.Error("no identity is known")
	}
	for _, name := range []string{"studio.production", "studio.key.purpose", "cloud.account.name", "studio.window"} {
		if events[0].Schema.(event.Recurring).Recurs(name) {
			t.Errorf("%s recurs", name)
		}
	}
}

// BenchmarkEnriched compares documents, and single fields as rules read them,
// with and without what is known. The unit is one event.
func BenchmarkEnriched(b *testing.B) {
	e, events := demoEvents(b)
	known := e.Known()
	by := map[string][]*event.Event{}
	for _, ev := range events {
		by[ev.Schema.Dataset()] = append(by[ev.Schema.Dataset()], ev)
	}
	for dataset, events := range by {
		for name, k := range map[string]*enrich.Knowledge{"plain": nil, "studio": {Studio: known.Studio}, "studio and places": known} {
			b.Run(dataset+"/document/"+name, func(b *testing.B) {
				e.Swap(k)
				var s event.Scratch
				var out []byte
				var fields []event.Field
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					s.Reset()
					out, fields = event.AppendEvent(out[:0], events[i%len(events)], fields, &s)
				}
			})
		}
		e.Swap(known)
		for _, field := range []string{"source.ip", "studio.production", "studio.key.purpose", "studio.destination.zone", "source.geo.country_iso_code"} {
			g := events[0].Schema.Getter(field)
			if g == nil {
				continue
			}
			b.Run(dataset+"/"+field, func(b *testing.B) {
				var s event.Scratch
				var values []event.Value
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					s.Reset()
					values = g.Append(values[:0], events[i%len(events)], &s)
				}
			})
		}
	}
}
