package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// corpus is the folder of real samples; without one the test is skipped.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	return dir
}

// Every record of every real sample becomes one event: counted by a plain
// reading of the same file.
func TestEveryRecordOfTheCorpusIsOneEvent(t *testing.T) {
	for _, folder := range []string{
		"invictus-cloudtrail-native", "stratus-red-team", "awsdocs-samples", "awsconfig-guide", "cloud-custodian-cwe",
		"security-lake-inputs/CLOUD_TRAIL", "guardduty-soar", "cribl-cloudtrail",
	} {
		root := filepath.Join(corpus(t), folder)
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".gz")) {
				t.Run(filepath.Join(folder, filepath.Base(name)), func(t *testing.T) { countRecords(t, name) })
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheCommandMakesOneEventOfEachRecord: the same, as its user runs it.
func TestTheCommandMakesOneEventOfEachRecord(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(corpus(t), "invictus-cloudtrail-native", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	want := 0
	for _, name := range names {
		want += records(t, name)
	}
	out, diag, code := output(t, append([]string{"scan", "--events"}, names...)...)
	if got := bytes.Count(out, []byte("\n")); got != want || code != 0 {
		t.Errorf("%d events of %d records, exit %d: %s", got, want, code, diag)
	}
}

func countRecords(t *testing.T, name string) {
	if got, want := eventsIn(t, name), records(t, name); got != want {
		t.Errorf("%d events of %d records", got, want)
	}
}

// records counts the records of a JSON file by encoding/json.
func records(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if z, err := gzip.NewReader(bytes.NewReader(text)); err == nil {
		var plain bytes.Buffer
		if _, err := plain.ReadFrom(z); err != nil {
			t.Fatal(err)
		}
		text = plain.Bytes()
	}
	n := 0
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		switch x := v.(type) {
		case []any:
			n += len(x)
		case map[string]any:
			if list, ok := x["Records"].([]any); ok {
				n += len(list)
				continue
			}
			n++
		}
	}
	return n
}

// Parquet files hold one row each, says the folder's README.
func TestEveryRowOfAParquetFlowLogIsOneEvent(t *testing.T) {
	for name, want := range flowLogs(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			if got := eventsIn(t, name); got != want {
				t.Errorf("%d events of %d records", got, want)
			}
		})
	}
}

func flowLogs(t *testing.T) map[string]int {
	t.Helper()
	parquet, err := filepath.Glob(filepath.Join(corpus(t), "security-lake-inputs", "VPC_FLOW", "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, name := range parquet {
		out[name] = 1
	}
	return out
}

// The sample holds the lines of one flow-log object of S3, one in each entry.
func TestEveryLineOfARealFlowLogIsOneEvent(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpus(t), "cribl-vpcflow", "ZP04h5.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Raw string `json:"_raw"`
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, e.Raw)
	}
	c := burstwatch(t, "scan", "--events", "-")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := c.Output()
	if got := bytes.Count(out, []byte(`"dataset":"aws.vpcflow"`)); err != nil || got < len(lines)-1 {
		t.Errorf("%v: %d mentions of the dataset in events of %d lines", err, got, len(lines)-1)
	}
	if got := bytes.Count(out, []byte("\n")); got != len(lines)-1 {
		t.Errorf("%d events of %d records", got, len(lines)-1)
	}
}
