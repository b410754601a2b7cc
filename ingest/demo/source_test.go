package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// watched is an object and when it came.
type watched struct {
	name, dataset, account, region string
	after                          time.Duration
	body                           []byte
	times                          []time.Time
	ids                            []string
}

// viewer takes what a source emits and holds its frontiers against it.
type viewer struct {
	t         *testing.T
	start     time.Time
	objects   []watched
	frontiers map[string]time.Time
}

func (v *viewer) Object(ctx context.Context, o *ingest.Object) error {
	packed, err := io.ReadAll(o.Body)
	if err != nil || int64(len(packed)) != o.Size {
		v.t.Errorf("%s: %d bytes, announced %d, %v", o.Origin.Name, len(packed), o.Size, err)
	}
	w := watched{
		name: o.Origin.Name, dataset: o.Origin.Dataset, account: o.Origin.Account, region: o.Origin.Region,
		after: time.Since(v.start), body: packed,
	}
	if strings.HasSuffix(w.name, ".gz") {
		w.body = unpack(v.t, packed)
	}
	w.read(v.t)
	through := v.frontiers[w.dataset+w.account+w.region]
	for _, at := range w.times {
		if now := time.Now(); at.After(now) || at.Before(v.start.Add(-history-time.Minute)) {
			v.t.Errorf("%s: an event of %v at %v", w.name, at, now)
		}
		if !at.After(through) {
			v.t.Errorf("%s: an event of %v came after the frontier %v", w.name, at, through)
		}
	}
	v.objects = append(v.objects, w)
	return ctx.Err()
}

func (v *viewer) Frontier(f ingest.Frontier) {
	v.frontiers[f.Dataset+f.Account+f.Region] = f.Through
}

func (w *watched) read(t *testing.T) {
	if w.dataset == Flows {
		for _, line := range strings.Split(strings.TrimSpace(string(w.body)), "\n")[1:] {
			end, err := strconv.ParseInt(strings.Fields(line)[11], 10, 64)
			if err != nil {
				t.Fatalf("%s: %q", w.name, line)
			}
			w.times = append(w.times, time.Unix(end, 0))
		}
		return
	}
	if w.dataset == Sessions {
		begin, _, _ := strings.Cut(strings.TrimPrefix(string(w.body), "Script started on "), " [")
		at, err := time.Parse("2006-01-02 15:04:05-0700", begin)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		w.times = append(w.times, at)
		return
	}
	var file struct {
		Records []struct{ EventID, EventTime string }
	}
	if err := json.Unmarshal(w.body, &file); err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	for _, r := range file.Records {
		at, err := time.Parse(time.RFC3339, r.EventTime)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		w.times, w.ids = append(w.times, at), append(w.ids, r.EventID)
	}
}

// watch runs the source for a while of virtual time.
func watch(t *testing.T, options Options, long time.Duration) *viewer {
	t.Helper()
	v := &viewer{t: t, frontiers: map[string]time.Time{}}
	synctest.Test(t, func(t *testing.T) {
		spec := Spec()
		src, err := spec.New(plugin.Env{Name: "studio", Log: slog.New(slog.DiscardHandler), Now: time.Now}, &options)
		if err != nil {
			t.Fatal(err)
		}
		v.start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		if err := src.Run(ctx, v); err != nil {
			t.Errorf("the source ends with %v", err)
		}
		if took := time.Since(v.start); took != long {
			t.Errorf("the source ended after %v, not at the end of its context after %v", took, long)
		}
	})
	return v
}

func TestTheStudioIsWatchedFromTheFirstSecond(t *testing.T) {
	v := watch(t, Options{Seed: 42, EventsPerSecond: 150}, 150*time.Second+time.Millisecond)
	if len(v.objects) == 0 || v.objects[0].after > time.Second {
		t.Fatal("nothing within the first second")
	}
	places, names, minute, later := map[string]int{}, map[string]bool{}, 0, 0
	for _, o := range v.objects {
		places[fmt.Sprint(o.dataset, " ", o.account, " ", o.region)]++
		if names[o.name] {
			t.Errorf("two objects are called %s", o.name)
		}
		names[o.name] = true
		if o.after < time.Minute {
			minute += len(o.times)
		} else {
			later += len(o.times)
		}
	}
	maps.DeleteFunc(places, func(name string, _ int) bool { return strings.HasPrefix(name, Sessions) })
	if len(places) != 14 {
		t.Errorf("%d logs: %v; want 8 of CloudTrail and 6 flow logs", len(places), slices.Sorted(maps.Keys(places)))
	}
	if want := 150 * 60; minute < want/2 || minute > want*3/2 {
		t.Errorf("%d events in the first minute, asked for %d", minute, want)
	}
	if want := 150 * 90; later < want/2 || later > want*3/2 {
		t.Errorf("%d events in the minute and a half after, asked for %d", later, want)
	}
}

func TestTheWholeStoryIsPlayedWithinAMinute(t *testing.T) {
	v := watch(t, Options{Seed: 42, EventsPerSecond: 60}, 61*time.Second)
	seen, flows := map[string]bool{}, ""
	for _, o := range v.objects {
		for _, id := range o.ids {
			if seen[id] {
				t.Errorf("event %s came twice", id)
			}
			seen[id] = true
		}
		if o.dataset == Flows {
			flows += string(o.body)
		}
	}
	w, start := worldOf(42, v.start), v.start.Add(-history)
	for _, p := range newScript(w).play(Story(), 0, liveTimes(start, len(Story()))) {
		for _, id := range p.EventIDs {
			if !seen[id] {
				t.Errorf("%s: event %s is not there", p.Beat.Kind, id)
			}
		}
	}
	for _, row := range []string{"198.51.100.99 51822 443 6", "SKIPDATA", "10.8.0.20 10.16."} {
		if !strings.Contains(flows, row) {
			t.Errorf("no flow row has %q", row)
		}
	}
}

func TestTheSameStartShowsTheSame(t *testing.T) {
	a, b := watch(t, Options{Seed: 42, EventsPerSecond: 60}, 31*time.Second), watch(t, Options{Seed: 42, EventsPerSecond: 60}, 31*time.Second)
	if !slices.EqualFunc(a.objects, b.objects, func(x, y watched) bool { return x.name == y.name && string(x.body) == string(y.body) }) {
		t.Error("two runs from one second with one seed differ")
	}
}

func TestSomethingHappensAgainAndAgain(t *testing.T) {
	story, first := Story(), map[string]int{}
	v := watch(t, Options{Seed: 42, EventsPerSecond: 20}, time.Minute+6*encore)
	for _, o := range v.objects {
		if strings.Contains(string(o.body), `"eventName":"GetAccountSummary"`) && strings.Contains(string(o.body), `"type":"Root"`) {
			first[o.name]++
		}
	}
	// The first two beats are the root user's: each once in the story, once again.
	if story[1].Kind != "root-use" || len(first) < 3 {
		t.Errorf("the root user was seen in %d objects", len(first))
	}
}

func TestUselessRatesAreRefused(t *testing.T) {
	spec := Spec()
	for _, rate := range []int{0, -1, 20_001} {
		_, err := spec.New(plugin.Env{}, &Options{EventsPerSecond: rate})
		if err == nil || !strings.Contains(err.Error(), "events_per_second") {
			t.Errorf("a rate of %d gives %v", rate, err)
		}
	}
}
