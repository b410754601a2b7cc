package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// target is one fuzz target: `go test` runs one at a time.
type target struct{ pkg, name string }

// runFuzz runs every fuzz target of the repository for a bounded time.
func runFuzz(args []string) error {
	flags := flag.NewFlagSet("check fuzz", flag.ContinueOnError)
	each := flags.Duration("time", 5*time.Second, "how long to run each target")
	total := flags.Duration("total", 5*time.Minute, "shorten each target's time so that all of them together take no longer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	targets, err := fuzzTargets()
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return errors.New("found no fuzz target, where each parser should have one")
	}
	budget := min(*each, *total/time.Duration(len(targets)))
	return fuzzAll(targets, max(budget, time.Second).Round(100*time.Millisecond))
}

func fuzzAll(targets []target, budget time.Duration) error {
	failed := 0
	for _, t := range targets {
		if !fuzzOne(t, budget) {
			failed++
		}
	}
	fmt.Printf("fuzz: %d passed, %d failed\n", len(targets)-failed, failed)
	if failed > 0 {
		return errors.New("a fuzz target failed; its input was written under testdata/fuzz: mend the cause and commit the input as a test case")
	}
	return nil
}

// fuzzTargets reads the test files for functions FuzzX(*testing.F). That costs
// nothing, where `go test -list` would link every test binary first.
func fuzzTargets() ([]target, error) {
	const format = `{{$p := .}}{{range .TestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}	{{.}}
{{end}}{{range .XTestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}	{{.}}
{{end}}`
	cmd := exec.Command("go", "list", "-f", format, "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []target
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		pkg, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		dir, name, _ := strings.Cut(file, "\t")
		names, err := fuzzFuncs(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			all = append(all, target{pkg, name})
		}
	}
	return all, nil
}

func fuzzFuncs(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") && fn.Type.Params.NumFields() == 1 {
			names = append(names, fn.Name.Name)
		}
	}
	return names, nil
}

// fuzzOne runs one target and prints one line for it, or all that it said if
// it failed.
func fuzzOne(t target, budget time.Duration) bool {
	var out bytes.Buffer
	cmd := exec.Command("go", "test", "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+budget.String(),
		"-fuzzminimizetime=1x", // else a slow target spends its time on making inputs smaller
		t.pkg)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	note := ""
	if err != nil && endedAtDeadline(out.String()) {
		err, note = nil, " (ended by go.dev/issue/75804 at its deadline, with nothing found)"
	}
	if err != nil {
		fmt.Printf("FAIL  %s %s: %v\n%s\n", t.pkg, t.name, err, out.String())
		return false
	}
	fmt.Printf("ok    %s %s %s%s\n", t.pkg, t.name, lastProgress(out.String()), note)
	return true
}

// deadlineOnly is what a target prints that found nothing and met the race
// between deadline and workers in Go's own fuzzing, go.dev/issue/75804, mended
// in Go 1.27. An error of the target itself would name a file and line, and a
// failing input.
var deadlineOnly = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w+ \([0-9.]+s\)\n    context deadline exceeded\nFAIL\n`)

func endedAtDeadline(output string) bool {
	return deadlineOnly.MatchString(output) && !strings.Contains(output, "Failing input")
}

var progress = regexp.MustCompile(`execs: (\d+)`)

func lastProgress(output string) string {
	all := progress.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return "seed inputs only"
	}
	return all[len(all)-1][1] + " inputs"
}
