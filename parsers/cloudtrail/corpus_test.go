package cloudtrail_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
)

// wholes reads EventBridge events that are not CloudTrail's, for the tests: one
// event each.
type wholes struct{}

func (wholes) Reset(*event.Origin, []byte) {}
func (wholes) Mark() []byte                { return nil }
func (wholes) Parse(window []byte, base int64, _ bool, b *event.Batch) (int, error) {
	e := b.Add(0)
	e.Record, e.Offset = window, base
	return len(window), nil
}

// TestEveryRecordOfTheCorpusIsAnEvent counts what real files hold and what
// becomes of them.
func TestEveryRecordOfTheCorpusIsAnEvent(t *testing.T) {
	corpus := os.Getenv("BURSTWATCH_CORPUS")
	if corpus == "" {
		t.Skip("BURSTWATCH_CORPUS names no folder")
	}
	spec := cloudtrail.Spec(cloudtrail.Others(func(parsers.Options) parsers.Parser { return wholes{} }))
	files, records := 0, 0
	err := filepath.WalkDir(corpus, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text := readFile(t, path)
		if spec.Detect(path, text[:min(len(text), parsers.HeadSize)]) == 0 {
			if n := count(text); n > 0 && !strings.Contains(path, "lambda") {
				t.Errorf("%s holds %d records and is not claimed", path, n)
			}
			return nil
		}
		files++
		b := event.NewBatch(0, nil)
		b.Origin = &event.Origin{Name: path, Identity: []byte(path)}
		p := spec.New(parsers.Options{})
		p.Reset(b.Origin, nil)
		if _, err := p.Parse(text, 0, true, b); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		want := count(text)
		records += want
		if len(b.Events) != want || len(b.Rejects) != 0 {
			t.Errorf("%s: %d events and %d rejects of %d records", path, len(b.Events), len(b.Rejects), want)
		}
		checkTimes(t, path, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 || records < 1000 {
		t.Errorf("%d files with %d records: this is not the corpus", files, records)
	}
}

func checkTimes(t *testing.T, path string, b *event.Batch) {
	var s event.Scratch
	for i := range b.Events {
		e := &b.Events[i]
		if e.Schema == nil {
			continue
		}
		if e.Time == 0 && bytes.Contains(e.Record, []byte(`"eventTime"`)) {
			t.Errorf("%s: record %d has no time", path, e.Number)
		}
		b.Render(e, nil, &s)
		if !json.Valid(e.Doc) {
			t.Errorf("%s: record %d makes no JSON", path, e.Number)
		}
	}
}

// count is how many CloudTrail records or EventBridge events encoding/json finds.
func count(text []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(text))
	for d.More() {
		var v any
		if d.Decode(&v) != nil {
			return n
		}
		n += countIn(v)
	}
	return n
}

func countIn(v any) (n int) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			n += countIn(e)
		}
	case map[string]any:
		if list, ok := x["Records"].([]any); ok {
			return countIn(list)
		}
		_, version := x["eventVersion"]
		_, name := x["eventName"]
		_, kind := x["detail-type"]
		_, bus := x["source"]
		_, id := x["eventID"]
		source, _ := x["eventSource"].(string)
		if version && (name || id) && !strings.HasPrefix(source, "aws:") || kind && bus {
			return 1
		}
	}
	return n
}

func readFile(t *testing.T, path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
