package pipeline

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/redact"
)

func TestAFullQuarantineMakesSourcesWaitAndSaysSo(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		src := &memSource{texts: []string{strings.Repeat("!"+strings.Repeat("x", 1000)+"\n", 3000)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.Quarantine.MaxBytes, c.Memory = 1<<20, 1<<20 })
		after(time.Hour)
		st := r.p.Status()
		if st.Quarantine.State != "full" || st.Quarantine.Bytes > 1<<20 || st.Quarantine.Waiting == 0 || !strings.Contains(st.Quarantine.Error, "remove segments") {
			t.Errorf("status: %+v", st.Quarantine)
		}
		if st.Memory > 3<<20 {
			t.Errorf("%d bytes of batches wait for it", st.Memory)
		}
		if _, settled := src.told(); len(settled) > 0 {
			t.Errorf("settled: %v", settled)
		}
		for range 5 { // a person deals with the segments
			if err := r.files.RemoveAll("data/quarantine"); err != nil {
				t.Fatal(err)
			}
			after(5 * time.Minute)
		}
		if _, settled := src.told(); len(settled) != 1 || settled[0] != nil {
			t.Errorf("after there was room: %v", settled)
		}
		r.stop()
	})
}

// A record above max_record goes to quarantine in pieces, and a secret that
// lies across two of them in neither.
func TestASecretAcrossTwoPiecesIsTakenOut(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for _, before := range []int{100, 16384 - 30, 65536 - 20, 131072 - 60, 131072 - 45, 131072 - 30, 131072 - 10, 131072, 262144 - 25} {
		in(t, func(t *testing.T) {
			filler := strings.Repeat("some words and then ", before/20+1)[:before]
			text := filler + ` aws_secret_access_key=` + secret + ` ` + strings.Repeat("more words ", 30_000)
			src := &memSource{texts: []string{text + "\nshort\n"}}
			sink := &memSink{}
			r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) {
				c.Once, c.Redact, c.MaxRecord = true, redact.Default(), 64<<10
			})
			if err := <-r.ended; err != nil {
				t.Fatal(err)
			}
			var all []byte
			for i, k := range r.kept() {
				if k.Part != i+1 || len(k.Raw) > 0 && k.Reason == "" {
					t.Errorf("piece %d: part %d, reason %q", i, k.Part, k.Reason)
				}
				all = append(all, k.Raw...)
			}
			if want := strings.Replace(text, secret, redact.Marker, 1); string(all) != want {
				t.Errorf("secret at %d: the pieces are %d bytes, want %d; the secret is there: %t", before, len(all), len(want), bytes.Contains(all, []byte(secret[5:])))
			}
			if len(sink.has()) != 1 {
				t.Errorf("beside it %d events were delivered, want 1", len(sink.has()))
			}
		})
	}
}

// A record of which no end came, because the log is still being written, is
// not acknowledged beyond what is durable.
func TestAPieceIsNotAcknowledgedBeforeItsEndIsKept(t *testing.T) {
	in(t, func(t *testing.T) {
		text := strings.Repeat("endless ", 40_000)
		src := &memSource{bodies: []ioReadCloser{&growing{text: text}}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Redact, c.MaxRecord = redact.Default(), 32<<10 })
		after(time.Minute)
		kept := int64(0)
		for _, k := range r.kept() {
			kept += int64(len(k.Raw))
		}
		progress, _ := src.told()
		if len(progress) == 0 || progress[len(progress)-1] > kept {
			t.Errorf("acknowledged %v with %d bytes kept", progress, kept)
		}
		r.stop()
		time.Sleep(time.Hour) // the body that was left behind ends
	})
}

// growing gives its text and then nothing more until its end comes.
type growing struct {
	text string
	at   int
	told bool
}

func (g *growing) Close() error { return nil }

func (g *growing) Read(p []byte) (int, error) {
	if g.at == len(g.text) {
		if !g.told {
			g.told = true
			return 0, ingest.ErrIdle
		}
		time.Sleep(2 * time.Minute)
		return 0, context.Canceled
	}
	n := copy(p, g.text[g.at:])
	g.at += n
	return n, nil
}

func TestRulesThatPanicCostNoEvents(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		judge := &lineJudge{before: func(b *event.Batch) {
			if b.Start == 0 {
				panic("index out of range")
			}
		}}
		src := &memSource{texts: []string{lines(20)}}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.NewJudge, c.Once = func() Judge { return judge }, true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		if len(sink.has()) != 20 || !strings.Contains(r.log.String(), "unjudged") || !strings.Contains(r.log.String(), "index out of range") {
			t.Errorf("%d delivered; log: %s", len(sink.has()), r.log)
		}
	})
}

func TestARecordWithoutADocumentCostsItselfAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		text := lines(10) + "no document of this\n" + lines(10) + "no document of this\n"
		src := &memSource{texts: []string{text}}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.Once = true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		if got := len(sink.has()); got != 20 {
			t.Errorf("%d of the other 20 events were delivered", got)
		}
		if kept := r.kept(); len(kept) != 2 || string(kept[0].Raw) != "no document of this" || !strings.Contains(kept[0].Reason, "a bug of the schema") {
			t.Errorf("in quarantine: %+v", kept)
		}
		if st := r.p.Status().Sources[0]; st.Records != 22 || st.Rejected != 2 {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestAWriteThatHangsIsSeen(t *testing.T) {
	in(t, func(t *testing.T) {
		src := &memSource{texts: []string{lines(10)}}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{write: hung})}})
		begin := time.Now()
		after(10 * time.Minute)
		if st := r.sink("s"); st.Writing.Before(begin) || st.Writing.After(begin.Add(2*time.Second)) {
			t.Errorf("status: %+v", st)
		}
		r.stop()
		time.Sleep(2 * time.Hour)
	})
}

func TestStatusKnowsTheLagOfEachLog(t *testing.T) {
	in(t, func(t *testing.T) {
		now := time.Now()
		var src runFunc = func(ctx context.Context, out ingest.Emitter) error {
			for _, o := range []struct{ account, text string }{{"", "111@a\n222@b\n111@c\nno account\n"}, {"333", "other\n"}} {
				err := out.Object(ctx, &ingest.Object{
					Origin: &event.Origin{Name: "x", Identity: []byte(o.text), Account: o.account, Region: "eu-west-1"},
					Body:   ioNop(o.text), Size: -1,
				})
				if err != nil {
					return err
				}
			}
			out.Frontier(ingest.Frontier{Dataset: "test.plain", Account: "444", Region: "eu-west-1", Through: now.Add(-time.Minute)})
			out.Frontier(ingest.Frontier{Dataset: "test.plain", Account: "444", Region: "eu-west-1", Through: now.Add(-time.Hour)})
			<-ctx.Done()
			return nil
		}
		r := start(t, Parts{[]NamedSource{{"s3", src}}, []NamedSink{named("s", &memSink{})}})
		after(2 * time.Second)
		got := map[string]LogStatus{}
		for _, l := range r.p.Status().Logs {
			got[l.Dataset+" "+l.Account+" "+l.Region] = l
		}
		for key, records := range map[string]int64{
			"test.plain 111 eu-west-1": 2, "test.plain 222 eu-west-1": 1, "test.plain  eu-west-1": 1,
			"test.other 333 eu-west-1": 1, "test.plain 444 eu-west-1": 0,
		} {
			if l, ok := got[key]; !ok || l.Records != records || l.Source != "s3" {
				t.Errorf("%s: %+v", key, l)
			}
		}
		if l := got["test.plain 444 eu-west-1"]; l.Lag(now) != time.Minute {
			t.Errorf("the frontier is %v, the lag %v", l.Frontier, l.Lag(now))
		}
		r.stop()
	})
}

func TestLogsAreBoundedInNumber(t *testing.T) {
	l := &logs{}
	for i := range maxLogs + 500 {
		l.find(logKey{"s", "d", string(rune('a' + i%26)), strings.Repeat("x", i/26)}).Records++
	}
	all := l.status()
	if len(all) > maxLogs+1 {
		t.Errorf("%d logs are told apart", len(all))
	}
	sum := int64(0)
	for _, s := range all {
		sum += s.Records
	}
	if sum != maxLogs+500 {
		t.Errorf("%d records are counted", sum)
	}
}

func TestMetricsTellWhatTheStatusTells(t *testing.T) {
	in(t, func(t *testing.T) {
		set := metrics.NewSet()
		src := &memSource{texts: []string{"evil\"\\@name\n" + lines(4) + "!x\n"}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Metrics = set })
		after(2 * time.Second)
		var out bytes.Buffer
		set.WritePrometheus(&out)
		for _, want := range []string{
			`burstwatch_source_records_total{source="mem"} 6`, `burstwatch_source_records_rejected_total{source="mem"} 1`,
			`burstwatch_sink_delivered_total{sink="s"} 5`, `burstwatch_sink_up{sink="s"} 1`, `burstwatch_quarantine_records_total 1`,
			`account="evil\"\\"`,
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s is missing in\n%s", want, out.String())
			}
		}
		r.stop()
	})
}

func TestOptionsAreExplained(t *testing.T) {
	o := DefaultSinkOptions()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	o = SinkOptions{Only: "some", Datasets: []string{""}, Batch: Batch{Timeout: -1}}
	err := o.Validate()
	for _, want := range []string{"only", "datasets[0]", "buffer.max_events", "buffer.max_bytes", "batch.max_events", "batch.max_bytes",
		"batch.timeout", "retry.initial_backoff", "retry.timeout"} {
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%s is not named in %v", want, err)
		}
	}
	if (Quarantine{MaxBytes: 5}).Validate() == nil {
		t.Error("a quarantine of 5 bytes is valid")
	}
}

// What was kept before a restart stays, and what comes after stands beside it.
func TestTheQuarantineOutlivesAReload(t *testing.T) {
	in(t, func(t *testing.T) {
		files := vfs.NewMem()
		for range 2 {
			src := &memSource{texts: []string{"!one\n"}}
			r := start(t, Parts{from(src), nil}, func(c *Config) { c.Once, c.FS = true, files })
			if err := <-r.ended; err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		_, err := quarantine.Read(files, "data/quarantine", func(quarantine.Record) error { n++; return nil })
		if err != nil || n != 2 {
			t.Errorf("%d kept, %v", n, err)
		}
	})
}
