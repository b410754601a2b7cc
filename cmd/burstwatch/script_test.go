package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/rogpeppe/go-internal/testscript"
)

// Each file of testdata/script is a session at a terminal. A new case needs no Go.
func TestScripts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv(asProgram, "1")
			e.Setenv("BURSTWATCH", self)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"burstwatch": runProgram,
			"gzip":       zip,
			"cut":        cut,
			"lines":      countLines,
		},
	})
}

// runProgram is `burstwatch ARGS`; `! burstwatch` wants a failure; with a first
// argument of the form =N the exit code must be N.
func runProgram(ts *testscript.TestScript, neg bool, args []string) {
	want := ""
	if len(args) > 0 && strings.HasPrefix(args[0], "=") {
		want, args = args[0][1:], args[1:]
	}
	err := ts.Exec(ts.Getenv("BURSTWATCH"), args...)
	switch {
	case want != "" && (err == nil || err.Error() != "exit status "+want):
		ts.Fatalf("want exit %s, got %v", want, err)
	case want == "" && neg && err == nil:
		ts.Fatalf("succeeded, and should not")
	case want == "" && !neg && err != nil:
		ts.Fatalf("failed: %v", err)
	}
}

// zip replaces FILE… by one gzip file with a member for each: gzip OUT FILE…
func zip(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	for _, name := range args[1:] {
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
		ts.Check(w.Close())
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o750))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// cut keeps the first two thirds of a file: cut FILE
func cut(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)*2/3]), 0o600))
}

// countLines checks how many lines standard output had: lines N
func countLines(ts *testscript.TestScript, _ bool, args []string) {
	if n := strings.Count(ts.ReadFile("stdout"), "\n"); strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d lines on standard output, want %s", n, args[0])
	}
}
