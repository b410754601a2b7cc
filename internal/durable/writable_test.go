package durable_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/durable"
)

func TestWhereNothingCanBeWrittenIsSaid(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "", filepath.Join(dir, "not", "yet"): "",
		file: "is no folder", filepath.Join(file, "below"): "not a directory",
	} {
		if err := durable.Writable(path); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("it left %v, %v", left, err)
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		if err := durable.Writable("/proc/not/there"); err == nil || !strings.Contains(err.Error(), "nothing can be written in /proc: ") {
			t.Errorf("/proc: %v", err)
		}
	}
}
