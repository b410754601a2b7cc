package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

const skipsFile = ".ci/skips.txt"

// runTests runs `go test -json` with the given flags and packages, and prints
// what plain `go test` would have printed, then every skipped test with its
// reason and the totals. Where CI is set, a skip that .ci/skips.txt does not
// expect is a failure.
func runTests(args []string) error {
	flags := flag.NewFlagSet("check test", flag.ContinueOnError)
	name := flags.String("name", "tests", "one word that stands before the totals")
	dir := flags.String("dir", ".", "where to run go test: the root of a module")
	if err := flags.Parse(args); err != nil {
		return err
	}
	expected, err := readSkips(skipsFile)
	if err != nil {
		return err
	}
	r := newReport(os.Stdout)
	testErr := goTest(r, *dir, flags.Args())
	unexpected := r.printSkips(expected)
	fmt.Fprintf(os.Stdout, "%s: %d passed, %d failed, %d skipped\n", *name, r.passed, r.failed, len(r.skips))
	switch {
	case testErr != nil:
		return fmt.Errorf("%s: go test failed: %w", *name, testErr)
	case r.passed == 0:
		return fmt.Errorf("%s: no test was run", *name)
	case unexpected > 0 && os.Getenv("CI") != "":
		return fmt.Errorf("%s: %d skipped tests are not expected by %s; in CI nothing is left out unnoticed", *name, unexpected, skipsFile)
	}
	return nil
}

// goTest feeds the report with the events of one `go test -json`.
func goTest(r *report, dir string, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := r.read(out)
	// What is left unread would block go test for ever.
	_, drainErr := io.Copy(io.Discard, out)
	return errors.Join(cmd.Wait(), readErr, drainErr)
}

// testEvent is one line of `go test -json`, see `go doc test2json`.
type testEvent struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type testID struct{ pkg, test string }

type skip struct {
	testID
	reason string
}

// report gathers test events. Output of a test is held until its verdict: a
// passed test's is dropped, a failed one's printed.
type report struct {
	w              io.Writer
	pending        map[testID]*strings.Builder
	passed, failed int
	skips          []skip
}

func newReport(w io.Writer) *report {
	return &report{w: w, pending: map[testID]*strings.Builder{}}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading go test's output: %w", err)
		}
	}
}

// line takes one line. What is no event is a message of the go command itself.
func (r *report) line(line string) {
	var e testEvent
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.w, line)
		return
	}
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.w, e.Output)
	case "output":
		r.output(id, e.Output)
	case "pass", "fail", "skip":
		r.verdict(id, e.Action)
	}
}

func (r *report) output(id testID, text string) {
	if id.test == "" {
		if text != "PASS\n" { // -json implies -v, where each package says so
			fmt.Fprint(r.w, text)
		}
		return
	}
	if strings.HasPrefix(strings.TrimLeft(text, " "), "=== ") {
		return
	}
	b := r.pending[id]
	if b == nil {
		b = &strings.Builder{}
		r.pending[id] = b
	}
	b.WriteString(text)
}

func (r *report) verdict(id testID, action string) {
	if id.test == "" {
		r.packageEnd(id.pkg, action)
		return
	}
	text := ""
	if b := r.pending[id]; b != nil {
		text = b.String()
	}
	delete(r.pending, id)
	switch action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		fmt.Fprint(r.w, text)
	case "skip":
		r.skips = append(r.skips, skip{id, reasonOf(text)})
	}
}

// packageEnd prints what tests without a verdict had said: after a panic or a
// timeout that is where the cause stands.
func (r *report) packageEnd(pkg, action string) {
	for id, b := range r.pending {
		if id.pkg != pkg {
			continue
		}
		if action == "fail" {
			fmt.Fprint(r.w, b.String())
		}
		delete(r.pending, id)
	}
}
