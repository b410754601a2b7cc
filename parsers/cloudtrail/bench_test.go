package cloudtrail_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
)

const benchWindow = 128 << 10

// benchFile is a trail file of some 8 MB: the records of the corpus where it is
// at hand, else those of the goldens, over and over with new ids.
func benchFile(b *testing.B) []byte {
	b.Helper()
	var all [][]byte
	for _, file := range sampleFiles(b) {
		batch := parse(b, file, &event.Origin{Source: "trail", Name: "bench"}, parsers.Options{}, len(file))
		for i := range batch.Events {
			if e := &batch.Events[i]; e.Damage == nil && e.Schema.Dataset() == cloudtrail.Dataset {
				all = append(all, e.Record)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	id := regexp.MustCompile(`"(eventID|requestID)":"[^"]*"`)
	var out bytes.Buffer
	out.WriteString(`{"Records":[`)
	for n := 0; out.Len() < 8<<20; n++ {
		if n > 0 {
			out.WriteByte(',')
		}
		out.Write(id.ReplaceAllFunc(all[r.IntN(len(all))], func(was []byte) []byte {
			return fmt.Appendf(nil, `%s:"%08x-%04x-4%03x-8%03x-%012x"`, was[:bytes.IndexByte(was, ':')], r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff)
		}))
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

func sampleFiles(b *testing.B) (out [][]byte) {
	if corpus := os.Getenv("BURSTWATCH_CORPUS"); corpus != "" {
		files, _ := filepath.Glob(corpus + "/invictus-cloudtrail-native/*.json")
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			out = append(out, data)
		}
		return out
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name == "input" {
				out = append(out, f.Data)
			}
		}
	}
	return out
}

// BenchmarkFile shows parsing, and the making of documents, beside gunzip of
// the same bytes: their ratios are what counts.
func BenchmarkFile(b *testing.B) {
	data := benchFile(b)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		b.Fatal(err)
	}
	b.Run("gunzip", func(b *testing.B) { benchGunzip(b, packed.Bytes(), len(data)) })
	b.Run("parse", func(b *testing.B) {
		run := newRun(data)
		bench(b, len(data), func() { run.parse(b, func(*event.Event) {}) })
	})
	b.Run("documents", func(b *testing.B) {
		run := newRun(data)
		bench(b, len(data), func() {
			run.parse(b, func(e *event.Event) {
				run.fields = run.batch.Render(e, run.fields, &run.s)
				run.s.Reset()
			})
		})
	})
	for _, name := range []string{"eventName", "userIdentity.arn", "requestParameters.filter.startTimes.from", "source.ip", "studio.identity.person", "user_agent.name"} {
		b.Run("get="+strings.ReplaceAll(name, ".", "_"), func(b *testing.B) { benchGetter(b, data, name) })
	}
}

func bench(b *testing.B, size int, f func()) {
	f() // fills the buffers that are reused
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

func benchGunzip(b *testing.B, packed []byte, size int) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, benchWindow)
	bench(b, size, func() {
		if err := r.Reset(bytes.NewReader(packed)); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Read(buf); err == io.EOF {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// run reads a file window by window into one batch that is reused, as the
// pipeline does.
type run struct {
	data   []byte
	parser parsers.Parser
	batch  *event.Batch
	origin *event.Origin
	s      event.Scratch
	fields []event.Field
	values []event.Value
}

func newRun(data []byte) *run {
	return &run{
		data:   data,
		parser: cloudtrail.Spec().New(parsers.Options{}),
		batch:  event.NewBatch(0, nil),
		origin: &event.Origin{Source: "trail", Name: "s3://org-trail/AWSLogs/111111111111/CloudTrail/us-east-1/2026/11/06/111111111111_CloudTrail_us-east-1_20261106T0940Z_a1.json.gz"},
	}
}

func (r *run) parse(b *testing.B, each func(*event.Event)) {
	r.parser.Reset(r.origin, nil)
	for at := 0; at < len(r.data); {
		end := min(len(r.data), at+benchWindow)
		r.batch.Reuse(nil)
		r.batch.Origin, r.batch.Created = r.origin, created
		n, err := r.parser.Parse(r.data[at:end:end], int64(at), end == len(r.data), r.batch)
		if err != nil || len(r.batch.Rejects) > 0 {
			b.Fatal(err, r.batch.Rejects)
		}
		for i := range r.batch.Events {
			each(&r.batch.Events[i])
		}
		at += n
	}
}

func benchGetter(b *testing.B, data []byte, name string) {
	run := newRun(data[:benchWindow])
	run.batch.Origin = run.origin
	run.parser.Reset(run.origin, nil)
	if _, err := run.parser.Parse(run.data, 0, false, run.batch); err != nil {
		b.Fatal(err)
	}
	events := run.batch.Events
	g := events[0].Schema.Getter(name)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		run.values = g.Append(run.values[:0], &events[n%len(events)], &run.s)
		run.s.Reset()
	}
}
