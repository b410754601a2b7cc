package main

import (
	"regexp"
	"strings"
	"testing"
)

// stream is what `go test -json` printed for packages with each kind of end.
const stream = `
{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestPasses"}
{"Action":"output","Package":"m/a","Test":"TestPasses","Output":"=== RUN   TestPasses\n"}
{"Action":"output","Package":"m/a","Test":"TestPasses","Output":"    a_test.go:3: chatter\n"}
{"Action":"pass","Package":"m/a","Test":"TestPasses","Elapsed":0}
{"Action":"output","Package":"m/a","Test":"TestSkips","Output":"    a_test.go:7: BURSTWATCH_CORPUS is not set\n"}
{"Action":"output","Package":"m/a","Test":"TestSkips","Output":"--- SKIP: TestSkips (0.00s)\n"}
{"Action":"skip","Package":"m/a","Test":"TestSkips","Elapsed":0}
{"Action":"output","Package":"m/a","Test":"TestFails/case","Output":"    a_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"m/a","Test":"TestFails/case","Elapsed":0}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"FAIL\tm/a\t0.1s\n"}
{"Action":"fail","Package":"m/a","Elapsed":0.1}
{"Action":"output","Package":"m/b","Test":"TestPanics","Output":"panic: out of range\n"}
{"Action":"fail","Package":"m/b","Elapsed":0.1}
{"ImportPath":"m/c","Action":"build-output","Output":"c.go:1: undefined: x\n"}
go: a message of the go command
`

func readStream(t *testing.T) (*report, *strings.Builder) {
	t.Helper()
	var out strings.Builder
	r := newReport(&out)
	if err := r.read(strings.NewReader(strings.TrimPrefix(stream, "\n"))); err != nil {
		t.Fatal(err)
	}
	return r, &out
}

func TestReportCountsEachVerdict(t *testing.T) {
	r, _ := readStream(t)
	if r.passed != 1 || r.failed != 1 || len(r.skips) != 1 {
		t.Errorf("passed %d, failed %d, skipped %d; want 1 of each", r.passed, r.failed, len(r.skips))
	}
}

func TestReportPrintsWhatExplainsAFailureAndNothingOfWhatPassed(t *testing.T) {
	_, out := readStream(t)
	for _, want := range []string{"got 1, want 2", "FAIL\tm/a\t0.1s", "panic: out of range", "undefined: x", "go: a message"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	for _, no := range []string{"chatter", "PASS\n", "=== RUN"} {
		if strings.Contains(out.String(), no) {
			t.Errorf("%q is printed in:\n%s", no, out)
		}
	}
}

func TestASkipIsExpectedOnlyByItsReason(t *testing.T) {
	for pattern, unexpected := range map[string]int{
		`m/a\.TestSkips: .*BURSTWATCH_CORPUS is not set$`: 0,
		`: no such reason`: 1,
	} {
		r, out := readStream(t)
		if got := r.printSkips([]*regexp.Regexp{regexp.MustCompile(pattern)}); got != unexpected {
			t.Errorf("%s: %d unexpected skips, want %d:\n%s", pattern, got, unexpected, out)
		}
		if !strings.Contains(out.String(), "m/a.TestSkips: a_test.go:7: BURSTWATCH_CORPUS is not set") {
			t.Errorf("the skipped test and its reason are not listed:\n%s", out)
		}
	}
}

func TestTheListOfSkipsReads(t *testing.T) {
	all, err := readSkips("../skips.txt")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
}
