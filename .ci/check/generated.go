package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// checkGenerated runs `go generate` in a copy of the repository and compares.
// In a copy, because a check that changes the tree it checks would pass the
// second time, and because somebody may be working in it.
func checkGenerated([]string) error {
	copied, err := os.MkdirTemp("", "burstwatch-generated-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(copied) }()
	before, err := copyTree(copied)
	if err != nil {
		return err
	}
	if err := generate(copied); err != nil {
		return err
	}
	stale, err := changed(copied, before)
	if err != nil {
		return err
	}
	for _, name := range stale {
		fmt.Println("not current:", name)
	}
	if len(stale) > 0 {
		return errors.New("generated files are not current: run `make generate` and commit what changes")
	}
	fmt.Println("generated files are current")
	return nil
}

// copyTree copies the source files to a folder and returns their contents by name.
func copyTree(to string) (map[string][]byte, error) {
	names, err := sourceFiles()
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[name], err = os.ReadFile(name); err != nil {
			return nil, err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(target, all[name], 0o644); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// generate runs with -trimpath: without it the folder's name is part of every
// package's cache key, and each run would compile all of them again.
func generate(dir string) error {
	cmd := exec.Command("go", "generate", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -trimpath")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go generate: %w", err)
	}
	return nil
}

// changed lists the files of dir that were edited, added or removed since before.
func changed(dir string, before map[string][]byte) ([]string, error) {
	after, err := walkFiles(dir)
	if err != nil {
		return nil, err
	}
	gone := maps.Clone(before)
	var names []string
	for _, path := range after {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if old, known := before[name]; !known || !bytes.Equal(old, text) {
			names = append(names, name)
		}
		delete(gone, name)
	}
	names = slices.AppendSeq(names, maps.Keys(gone))
	slices.Sort(names)
	return names, nil
}
