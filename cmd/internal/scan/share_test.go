package scan

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/ingest/file"
)

func TestEachFileIsHandedOutOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := make([]file.Found, rapid.IntRange(0, 300).Draw(t, "files"))
		for i := range files {
			files[i].Path = fmt.Sprintf("logs/%d/2026/11/05/%d.json.gz", rapid.IntRange(0, 5).Draw(t, "account"), i)
		}
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		s, seen := newShare(files, workers), make([]bool, len(files))
		for n := range files {
			i, ok := s.next(rapid.IntRange(0, workers-1).Draw(t, "worker"))
			if !ok || seen[i] {
				t.Fatalf("of %d files the %dth is %d: %t, handed out before: %t", len(files), n, i, ok, ok && seen[i])
			}
			seen[i] = true
		}
		if i, ok := s.next(0); ok {
			t.Fatalf("file %d is one too many", i)
		}
	})
}

func TestAWorkerStaysWithItsAccounts(t *testing.T) {
	var files []file.Found
	for day := range 20 {
		for account := range 4 {
			files = append(files, file.Found{Path: fmt.Sprintf("AWSLogs/%012d/CloudTrail/us-east-1/2026/11/%02d/x.json.gz", account, day+1)})
		}
	}
	s, met := newShare(files, 2), [2]map[string]bool{{}, {}}
	for n := range files {
		i, _ := s.next(n % 2)
		met[n%2][account(files[i].Path)] = true
	}
	if len(met[0]) != 2 || len(met[1]) != 2 {
		t.Errorf("the workers read of %d and %d of four accounts, want two each", len(met[0]), len(met[1]))
	}
}

func TestAnAccountIsKnownByTheNameOfAFile(t *testing.T) {
	for path, want := range map[string]string{
		"AWSLogs/o-x/111111111111/CloudTrail/us-east-1/2026/11/05/a.gz": "111111111111", "flat/111111111111_CloudTrail_us-east-1_20261105T0940Z_x.json.gz": "111111111111", "111111111111/a.gz": "111111111111",
		"/2026/a.gz": "/2026", "a.gz": ".", "-": ".", "logs/host-1/111111111111.log": "logs/host-1", "/a": "/",
	} {
		if got := account(path); got != want {
			t.Errorf("account(%q) = %q, want %q", path, got, want)
		}
	}
}
