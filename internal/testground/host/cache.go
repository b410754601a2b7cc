//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// missingError is what this machine lacks, in one sentence.
type missingError string

func (e missingError) Error() string { return string(e) }

// cache holds what was fetched, over many runs.
type cache struct {
	dir string
	// fetching is held while something is: two Mavens at once may break each
	// other's downloads in their local repository.
	fetching *sync.Mutex
}

// folder returns the folder of what spec describes, filled by fill if it is not
// there. It appears complete or not at all: two runs may make it side by side.
func (c cache) folder(name, spec string, fill func(dir string) error) (string, error) {
	c.fetching.Lock()
	defer c.fetching.Unlock()
	sum := sha256.Sum256([]byte(spec))
	final := filepath.Join(c.dir, name+"-"+hex.EncodeToString(sum[:4]))
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil { //nolint:gosec // tests of other users may read it
		return "", err
	}
	temp, err := os.MkdirTemp(c.dir, name+"-fetching-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	fmt.Fprintf(os.Stderr, "testground: fetching %s, once\n", name)
	if err := fill(temp); err != nil {
		return "", fmt.Errorf("fetching %s: %w", name, err)
	}
	if err := os.Rename(temp, final); err != nil {
		if _, there := os.Stat(final); there == nil {
			return final, nil // the other run was faster
		}
		return "", err
	}
	return final, nil
}

// need returns what of the programs is not there.
func need(programs ...string) error {
	var lacking []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lacking = append(lacking, p)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return missingError("this machine has no " + strings.Join(lacking, ", no ") + ": install what brings it (a JDK of 17 or newer, Maven, Python 3 with venv)")
}

// command runs one to its end and keeps its output for the error.
func command(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	if err := cmd.Run(); err != nil {
		text := out.Bytes()
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(args[:min(3, len(args))], " "), err), errors.New(string(text[max(0, len(text)-2000):])))
	}
	return nil
}
