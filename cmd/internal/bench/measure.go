package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what the operating system says of one finished process.
type usage struct {
	user, sys time.Duration
	anon      int64 // peak anonymous memory in bytes, sampled
	stderr    string
}

// command is one process to measure.
type command struct {
	args  []string
	procs int             // GOMAXPROCS
	out   string          // file for standard output; it must exist, so that making it is not measured
	codes []int           // exit codes that are not failures, besides 0
	until <-chan struct{} // when it is told to stop; nil: it ends by itself
}

func (c command) run() (usage, error) {
	cmd := exec.CommandContext(context.Background(), c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(c.procs))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := os.OpenFile(c.out, os.O_WRONLY, 0)
	if err != nil {
		return usage{}, err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	stop, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- sample(cmd.Process.Pid, stop) }()
	go func() {
		select {
		case <-c.until:
			_ = cmd.Process.Signal(syscall.SIGTERM)
		case <-stop:
		}
	}()
	err = cmd.Wait()
	close(stop)
	u := usage{anon: <-peak, stderr: stderr.String()}
	if err != nil && !slices.Contains(c.codes, cmd.ProcessState.ExitCode()) {
		return u, fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, tail(u.stderr))
	}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.user, u.sys = time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano())
	}
	return u, nil
}

// sample returns the highest RssAnon seen until stop is closed.
func sample(pid int, stop <-chan struct{}) int64 {
	var peak int64
	name := fmt.Sprintf("/proc/%d/status", pid)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return peak
		case <-tick.C:
		}
		status, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(status), "RssAnon:")
		if f := strings.Fields(rest); len(f) > 0 {
			kb, _ := strconv.ParseInt(f[0], 10, 64)
			peak = max(peak, kb<<10)
		}
	}
}

func tail(s string) string {
	return s[max(0, len(s)-2000):]
}

// paired is what adjacent pairs of two commands gave.
type paired struct {
	ratios, sys []float64
	a, b        []usage
}

// pairs runs the two commands of a row in turn, n times.
func pairs(n int, r row) (paired, error) {
	var p paired
	for range n {
		ua, err := r.a.run()
		if err != nil {
			return p, err
		}
		ub, err := r.b.run()
		if err != nil {
			return p, err
		}
		if r.start.args != nil {
			us, err := r.start.run()
			if err != nil {
				return p, err
			}
			ua.user -= us.user
		}
		p.a, p.b = append(p.a, ua), append(p.b, ub)
		p.ratios = append(p.ratios, ua.user.Seconds()/ub.user.Seconds())
		p.sys = append(p.sys, ua.sys.Seconds())
	}
	return p, nil
}

func median(f []float64) float64 {
	s := slices.Sorted(slices.Values(f))
	return s[len(s)/2]
}
