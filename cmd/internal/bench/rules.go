package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/burstwatch/burstwatch/rules/builtin"
)

// writeAlone writes the builtin rules that need one event alone, and what only
// they need, into a folder: correlations and detectors are measured apart.
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
		return os.WriteFile(filepath.Join(folder, strings.ReplaceAll(name, "/", "_")), src, 0o600)
	})
}
