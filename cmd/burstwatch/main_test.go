package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// asProgram makes the test binary be the program itself, so that tests start
// and kill real processes without building anything.
const asProgram = "BURSTWATCH_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// burstwatch is a command that has not been started.
func burstwatch(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// output runs a command and returns its standard output and exit code.
func output(t *testing.T, args ...string) (stdout, stderr []byte, code int) {
	t.Helper()
	c := burstwatch(t, args...)
	var out, diag bytes.Buffer
	c.Stdout, c.Stderr = &out, &diag
	err := c.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%v: %v", args, err)
	}
	return out.Bytes(), diag.Bytes(), c.ProcessState.ExitCode()
}

// writeDemo writes the made-up studio's logs.
func writeDemo(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if _, diag, code := output(t, "demo", "--write", dir, "--size", size, "--seed", "7"); code != 0 {
		t.Fatalf("demo --write: exit %d: %s", code, diag)
	}
	return dir
}

// deliveryIDs counts the delivery ids of NDJSON events.
func deliveryIDs(t *testing.T, ndjson []byte) map[string]int {
	t.Helper()
	ids := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(ndjson))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var doc struct {
			Burstwatch struct {
				ID string `json:"delivery_id"`
			} `json:"burstwatch"`
		}
		if err := json.Unmarshal(lines.Bytes(), &doc); err != nil || doc.Burstwatch.ID == "" {
			t.Fatalf("%v: %.300s", err, lines.Bytes())
		}
		ids[doc.Burstwatch.ID]++
	}
	return ids
}

func write(t *testing.T, name, format string, args ...any) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
