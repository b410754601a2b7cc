package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/cmd/internal/scan"
)

// trail is CloudTrail records as a file of S3 holds them; of the one in the middle
// user is the userAgent, as it stands in JSON.
func trail(n int, user string) string {
	var list []string
	for i := range n {
		agent := `"aws-cli/2.17.0"`
		if i == n/2 && user != "" {
			agent = user
		}
		list = append(list, fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","userName":"ada"},"eventTime":"2026-11-06T09:%02d:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-2","sourceIPAddress":"203.0.113.7","userAgent":%s,"eventID":"e-%d"}`, i%60, agent, i))
	}
	return `{"Records":[` + strings.Join(list, ",") + `]}`
}

func zipped(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(p))
		_ = w.Close()
	}
	return b.String()
}

func wide(text string, bigEndian bool) string {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		if bigEndian {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

const flowHeader = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
const flowLine = "2 111111111111 eni-0a1b2c3d 10.1.0.4 10.1.0.9 43416 2049 6 20 4249 1790000000 1790000060 ACCEPT OK\n"

// TestWhatOnlyLooksOddIsReadAsIfNothingWereWrong: every record of these files is an
// event, and nothing is quarantined.
func TestWhatOnlyLooksOddIsReadAsIfNothingWereWrong(t *testing.T) {
	one := trail(1, "")
	line := strings.TrimSuffix(strings.TrimPrefix(one, `{"Records":[`), "]}")
	for _, c := range []struct {
		what, file, text string
		events           int
	}{
		{"several gzip members", "a.json.gz", zipped(one, trail(2, ""), trail(3, "")), 6},
		{"NDJSON", "a.ndjson", line + "\n" + line, 2},
		{"an upper-case ending", "A.JSON.GZ", zipped(one), 1},
		{"no ending", "a", zipped(one), 1},
		{"a BOM", "a.json", "\ufeff" + one, 1},
		{"CRLF", "a.ndjson", line + "\r\n" + line + "\r\n", 2},
		{"escaped keys", "a.json", strings.Replace(one, "eventName", `\u0065vent\u004eame`, 1), 1},
		{"UTF-16, little-endian", "a.json", wide(one, false), 1},
		{"UTF-16, big-endian", "a.json", wide(one, true), 1},
		{"an empty file", "a.json", "", 0},
		{"fields of other types", "a.json", trail(1, `{"a":[1,null]}`), 1},
		{"UTF-8 that can be repaired", "a.json", trail(3, "\"\xff\xfe\""), 3},
	} {
		t.Run(c.what, func(t *testing.T) {
			events, complete, kept, diag := readBad(t, c.file, c.text)
			if events != c.events || !complete || len(kept) > 0 {
				t.Errorf("%d events, want %d; complete: %v, quarantined: %d\n%s", events, c.events, complete, len(kept), diag)
			}
		})
	}
}

// TestWhatCannotBeReadIsKeptAndCostsItselfAlone: what is around it is read, it is
// in quarantine with file, offset and reason, and the scan is not complete.
func TestWhatCannotBeReadIsKeptAndCostsItselfAlone(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	whole := zipped(trail(500, ""))
	for _, c := range []struct {
		what, file, text string
		events           int // -1: some
		reason           string
	}{
		{"a truncated gzip", "a.json.gz", whole[:len(whole)*2/3], -1, "cut off"},
		{"broken JSON in the middle", "a.json", trail(3, `"x" oops`), 2, "broken JSON"},
		{"a NUL byte", "a.json", trail(3, "\"a\x00b\""), 2, "control character"},
		{"nothing but NUL bytes", "a.json", strings.Repeat("\x00", 5000), 0, "binary"},
		{"a record beyond max_record", "a.json", trail(3, `"`+strings.Repeat("x", 5<<20)+`"`), 2, "max_record"},
		{"arrays 10,000 deep", "a.json", trail(3, deep), 2, "nested deeper"},
		{"objects 10,000 deep", "a.json", trail(3, strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)), 2, "nested deeper"},
		{"a short line of a flow log", "a.log", flowHeader + flowLine + flowLine[:60] + "\n" + flowLine, 2, "of the 14 columns"},
		{"a flow log whose header lacks columns", "a.log", strings.Replace(flowHeader, "srcaddr ", "", 1) + strings.Replace(flowLine, "10.1.0.4 ", "", 1), 0, "lack srcaddr"},
		{"a Parquet file that is none", "a.parquet", "PAR1 this is none", 0, "Parquet"},
		{"a Parquet file that lies about its size", "a.parquet", "PAR1" + strings.Repeat("\x15", 400) + "\xff\xff\xff\x7fPAR1", 0, "2147483647 bytes"},
	} {
		t.Run(c.what, func(t *testing.T) {
			events, complete, kept, diag := readBad(t, c.file, c.text)
			if complete || c.events >= 0 && events != c.events || c.events < 0 && events == 0 {
				t.Errorf("%d events, want %d; complete: %v\n%s", events, c.events, complete, diag)
			}
			if len(kept) == 0 || !strings.Contains(kept[0].Reason, c.reason) || filepath.Base(kept[0].Origin) != c.file {
				t.Errorf("quarantined: %+v, want %q", kept, c.reason)
			}
		})
	}
}

// kept is a record of the quarantine.
type kept struct {
	Origin, Reason string
	Offset         int64
}

func readBad(t *testing.T, name, text string) (events int, complete bool, list []kept, diag string) {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, said, quarantine bytes.Buffer
	result, err := scan.Run(t.Context(), scan.Options{
		Paths: []string{file}, Rules: set.Set, Specs: set.Parsers, Events: true, MatchesOnly: true, NDJSON: true, MaxRecord: 1 << 20,
		Out: &out, Err: &said, Quarantine: &quarantine, QuarantineName: "q", Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(quarantine.Bytes()) {
		var k kept
		if err := json.Unmarshal(line, &k); err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		list = append(list, k)
	}
	return bytes.Count(out.Bytes(), []byte("\n")), result.Complete, list, said.String()
}

// TestAFullDiskAtTheOutputIsSaidOnce, and is a failure.
func TestAFullDiskAtTheOutputIsSaidOnce(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	defer full.Close()
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(trail(5000, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	c := burstwatch(t, "scan", "--events", file)
	var diag bytes.Buffer
	c.Stdout, c.Stderr = full, &diag
	err = c.Run()
	if n := strings.Count(diag.String(), "no space left"); err == nil || c.ProcessState.ExitCode() != 1 || n != 1 {
		t.Errorf("%v, said %d times: %s", err, n, diag.Bytes())
	}
}
