//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// forking is a part that leaves a child of its own behind when it alone is killed.
func forking() recipe {
	return recipe{
		name: "forking", version: "1", ports: []string{"main"},
		fetch:   func(context.Context, cache) (string, error) { return "", nil },
		prepare: nothing,
		command: func(in *instance) process {
			return process{dir: in.dir, args: []string{"sh", "-c", "sleep 1000 & echo $! > child; echo ready; wait"}}
		},
		ready:  func(_ context.Context, in *instance) bool { return in.logged("ready") },
		values: func(in *instance) map[string]string { return map[string]string{"child": in.path("child")} },
	}
}

func openGround(t *testing.T) *ground {
	t.Helper()
	g, err := open(t.Context(), t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	return g
}

// childOf waits for a process id in a file.
func childOf(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// gone waits until a process has ended; one that nobody waited for counts as ended.
func gone(t *testing.T, pid int) bool {
	t.Helper()
	for range 100 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		if text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat")); err == nil && strings.Contains(string(text), ") Z ") {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func TestNoProcessOutlivesTheGround(t *testing.T) {
	g := openGround(t)
	a := g.start(forking())
	if a.Error != "" || a.Missing != "" {
		t.Fatal(a)
	}
	pid := childOf(t, a.Values["child"])
	g.close()
	if !gone(t, pid) {
		t.Error("a child of the part still runs")
	}
}

func TestAPartThatIsKilledStartsAgain(t *testing.T) {
	g := openGround(t)
	a := g.start(forking())
	for _, verb := range []string{"kill", "start", "pause", "resume", "end"} {
		if err := g.command(a.ID, verb); err != nil {
			t.Fatalf("%s: %v", verb, err)
		}
	}
	if err := g.command(a.ID, "pause"); err == nil {
		t.Error("what has ended can be paused")
	}
}

func TestAPartThatDoesNotStartSaysWhy(t *testing.T) {
	g := openGround(t)
	r := forking()
	r.command = func(in *instance) process {
		return process{dir: in.dir, args: []string{"sh", "-c", "echo the disk is full; exit 3"}}
	}
	if a := g.start(r); !strings.Contains(a.Error, "the disk is full") || !strings.Contains(a.Error, "forking 1: ended at its start") {
		t.Errorf("%+v", a)
	}
}

func TestWhatIsMissingIsSaidInOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	g := openGround(t)
	a := g.start(kafka())
	if want := "this machine has no java, no mvn: "; !strings.HasPrefix(a.Missing, want) || strings.Contains(a.Missing, "\n") {
		t.Errorf("%+v, want %q", a, want)
	}
}

func TestTheCommandsCodeIsTheHosts(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, `test -n "$BURSTWATCH_TESTGROUND"`: 0} {
		if code, err := attend(t.Context(), []string{"sh", "-c", script}, "x"); code != want || err != nil {
			t.Errorf("%s: %d, %v", script, code, err)
		}
	}
}
