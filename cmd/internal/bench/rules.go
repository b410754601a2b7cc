package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/burstwatch/burstwatch/rules/builtin"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// writeAlone writes the builtin rules that need one event alone, and what only
// they need, into a folder: correlations and detectors are measured apart. They
// are written without their cases, as a program that judges reads the builtin
// rules too.
func writeAlone(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	return fs.WalkDir(builtin.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := fs.ReadFile(builtin.Files, name)
		if err != nil || bytes.Contains(src, []byte("\ncorrelation:")) {
			return err
		}
		return os.WriteFile(filepath.Join(folder, strings.ReplaceAll(name, "/", "_")), sigma.WithoutCases(src), 0o600)
	})
}
