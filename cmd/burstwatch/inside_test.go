package main

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/scan"
	"github.com/burstwatch/burstwatch/rules"
)

// builtin are the builtin rules, without a studio file. They are compiled once for
// the hundreds of samples that tests scan: as a process each of them would load
// every rule, which under the race detector takes ten minutes together. What the
// command itself does is tried as a process elsewhere.
var builtin = sync.OnceValues(func() (*app.Ruleset, error) {
	return app.Rules(app.Files{Rules: []string{rules.Builtin}})
})

// inside scans as `burstwatch scan` does, in this process.
func inside(t *testing.T, change func(*scan.Options), paths ...string) []byte {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	var out, diag bytes.Buffer
	o := scan.Options{Paths: paths, Rules: set.Set, Specs: set.Parsers, NDJSON: true, Out: &out, Err: &diag, Now: time.Now}
	if change != nil {
		change(&o)
	}
	result, err := scan.Run(t.Context(), o)
	if err != nil || !result.Complete {
		t.Fatalf("scan: %v, complete: %v: %s", err, result.Complete, diag.Bytes())
	}
	return out.Bytes()
}

// eventsIn is how many events a scan makes of a file.
func eventsIn(t *testing.T, name string) int {
	t.Helper()
	out := inside(t, func(o *scan.Options) { o.Events, o.MatchesOnly = true, true }, name)
	return bytes.Count(out, []byte("\n"))
}
