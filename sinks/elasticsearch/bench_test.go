package elasticsearch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/internal/event"
)

// documents are 2,000 events of about 1.5 kB, as CloudTrail makes them.
func documents() []*event.Event {
	events := several(2000)
	for i, ev := range events {
		ev.Time = begin.UnixNano()
		ev.Doc = fmt.Appendf(nil, `{"@timestamp":"2026-11-30T23:00:%02d.000Z","cloud":{"account":{"id":"111111111111"},"region":"eu-west-2"},"event":{"action":"GetObject","id":"%x","original":"%x%x%x%x"},"user":{"name":"sable-render"},"x":"%s"}`,
			i%60, i*7919*104729, i*31, i*i*7919, i*1299709, i*i*i, bytes.Repeat([]byte("arn:aws:s3:::sable-content/"), 40))
	}
	return events
}

// BenchmarkBulk measures encoding and compressing a request alone, and the
// whole sink into a server that only says yes: `make bench` holds the ratio.
func BenchmarkBulk(b *testing.B) {
	events := documents()
	b.Run("encode", func(b *testing.B) {
		var buf bytes.Buffer
		zip, err := gzip.NewWriterLevel(&buf, 1)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			buf.Reset()
			zip.Reset(&buf)
			for _, ev := range events {
				fmt.Fprintf(zip, "{\"create\":{\"_index\":\"logs-aws.cloudtrail-default-2026.11\",\"_id\":\"%x\"}}\n", ev.DeliveryID[:])
				zip.Write(ev.Doc)
				zip.Write([]byte("\n"))
			}
			zip.Close()
		}
	})
	b.Run("sink", func(b *testing.B) {
		s := newSink(b, yes(b), func(o *Options) { o.Templates = false })
		for b.Loop() {
			if err := s.Write(context.Background(), events); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// yes is a server that reads everything and refuses nothing.
func yes(b *testing.B) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, `{"errors":false}`)
	}))
	b.Cleanup(s.Close)
	return s.URL
}
