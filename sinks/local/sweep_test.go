package local

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

func fill(t *testing.T, s *Sink, from, n int) {
	t.Helper()
	for at := from; at < from+n; at += 500 {
		var events []*event.Event
		for i := at; i < min(at+500, from+n); i++ {
			events = append(events, trail(i))
		}
		mustWrite(t, s, events...)
	}
}

func sound(t *testing.T, s *Sink) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var verdict string
	if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s %v", verdict, err)
	}
	if _, err := s.db.Exec("INSERT INTO events_words (events_words) VALUES ('integrity-check')"); err != nil {
		t.Errorf("full-text index: %v", err)
	}
	var stray int
	if err := s.db.QueryRow("SELECT (SELECT count(*) FROM documents WHERE id NOT IN (SELECT id FROM events)) + (SELECT count(*) FROM events WHERE id NOT IN (SELECT id FROM documents))").Scan(&stray); err != nil || stray > 0 {
		t.Errorf("%d rows without their other half, %v", stray, err)
	}
}

func TestTheFileIsHeldBelowItsSizeAndShrinks(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{Search: true})
	const n, limit = 2000, 2 << 20 // some 6 MB
	old := trail(3)
	mustWrite(t, s, charge{id: "case", evidence: []*event.Event{old}, at: noon.Add(-time.Hour)}.event())
	fill(t, s, 0, n)
	before := must[Info](t)(s.Store().Info(ctx))
	s.opts.MaxSize = limit
	if err := s.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	after := must[Info](t)(s.Store().Info(ctx))
	if before.Bytes < 2*limit || after.Bytes > limit || after.Bytes < limit/2 {
		t.Errorf("from %d to %d bytes, the limit is %d", before.Bytes, after.Bytes, limit)
	}
	if _, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(storeFile(dir)); err != nil || info.Size() > limit {
		t.Errorf("the file itself is still %d bytes, %v", info.Size(), err)
	}
	sound(t, s)
	p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Limit: 1}))
	if want := trail(n - 1).DeliveryID.String(); p.list[0].DeliveryID != want {
		t.Errorf("the newest event is gone")
	}
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Text: "artist4", To: noon.Add(5 * time.Second)})); len(p.list) > 1 {
		t.Errorf("deleted events are still found: %d", len(p.list))
	}
	if a := must[*Alert](t)(s.Store().Alert(ctx, "case")); a.Evidence[0].Event == nil {
		t.Errorf("the event behind an alert was deleted")
	}
	bars := must[[]Bar](t)(s.Store().EventHistogram(ctx, Filter{}, 100))
	if len(bars) == 0 {
		t.Error("the histogram is empty")
	}
	fill(t, s, n, 200) // and it goes on
	sound(t, s)
}

func TestAStoreFullOfAlertsDeletesTheOldest(t *testing.T) {
	const limit = 6 << 20
	s := mustOpen(t, t.TempDir(), Options{})
	for i := range 12 {
		var batch []*event.Event
		for j := range 100 {
			c := charge{id: fmt.Sprintf("c%d-%d", i, j), at: noon.Add(time.Duration(i*100+j) * time.Second)}
			c.message = fmt.Sprintf("%04000d", i)
			f := fact{id: c.id, at: c.at}.event()
			c.evidence = []*event.Event{f}
			batch = append(batch, f, c.event())
		}
		mustWrite(t, s, batch...)
	}
	s.opts.MaxSize = limit
	if err := s.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if i := must[Info](t)(s.Store().Info(ctx)); i.Bytes > limit || i.Alerts == 0 {
		t.Errorf("%+v", i)
	}
	must[*Alert](t)(s.Store().Alert(ctx, "c11-99"))
	if _, err := s.Store().Alert(ctx, "c0-0"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	sound(t, s)
}

func TestOldEventsGoUnlessAnAlertRestsOnThem(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true, MaxAge: 24 * time.Hour, AlertsMaxAge: 48 * time.Hour})
	s.sweep.stop() // this test sweeps by itself
	c := &clock{now: noon}
	s.env.Now = c.Now
	held, old, young := fact{id: "held", at: noon.Add(-25 * time.Hour)}.event(), fact{id: "old", at: noon.Add(-25 * time.Hour)}.event(), fact{id: "young", at: noon.Add(-23 * time.Hour)}.event()
	mustWrite(t, s, held, old, young, charge{id: "case", at: noon.Add(-25 * time.Hour), evidence: []*event.Event{held}}.event())
	there := func() (out string) {
		for _, e := range []struct {
			name string
			e    *event.Event
		}{{"held ", held}, {"old ", old}, {"young ", young}} {
			if _, err := s.Store().Event(ctx, e.e.DeliveryID.String()); err == nil {
				out += e.name
			}
		}
		if _, err := s.Store().Alert(ctx, "case"); err == nil {
			out += "case"
		}
		return out
	}
	for _, step := range []struct {
		wait time.Duration
		want string
	}{{0, "held young case"}, {2 * time.Hour, "held case"}, {22 * time.Hour, ""}} {
		c.now = c.now.Add(step.wait)
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if got := there(); got != step.want {
			t.Errorf("after %v: %q, want %q", step.wait, got, step.want)
		}
	}
	sound(t, s)
}

func TestTheSinkSweepsByItselfWhileItIsWritten(t *testing.T) {
	const limit = 2 << 20 // less than a configuration may ask for
	s := must[*Sink](t)(Open(ctx, testEnv(t.TempDir()), Options{Search: true, MaxSize: limit}))
	defer func() { _ = s.Close(ctx) }()
	fill(t, s, 0, 1500)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		i := must[Info](t)(s.Store().Info(ctx))
		if i.Bytes <= limit {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %d bytes", i.Bytes)
		}
	}
	sound(t, s)
}

func BenchmarkSweep(b *testing.B) {
	s := mustOpen(b, b.TempDir(), Options{Search: true})
	n, deleted := 0, int64(0)
	for b.Loop() {
		b.StopTimer()
		for range 4 {
			var events []*event.Event
			for range 1000 {
				events = append(events, trail(n))
				n++
			}
			mustWrite(b, s, events...)
		}
		b.StartTimer()
		d, err := s.deleteEvents(b.Context(), maxSecond<<seqBits, func() (bool, error) { return true, nil })
		if err != nil {
			b.Fatal(err)
		}
		deleted += d
	}
	b.ReportMetric(float64(deleted)/b.Elapsed().Seconds(), "deleted/s")
}
