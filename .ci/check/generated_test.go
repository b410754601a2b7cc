package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestEveryKindOfChangeIsSeen(t *testing.T) {
	dir := t.TempDir()
	before := map[string][]byte{"same": []byte("1"), "edited": []byte("1"), "removed": []byte("1")}
	for name, text := range map[string]string{"same": "1", "edited": "2", "new": "1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := changed(dir, before)
	want := []string{"edited", "new", "removed"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}
