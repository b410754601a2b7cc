package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFolderThatAppearsLaterIsRead(t *testing.T) {
	o := quick()
	dir := t.TempDir()
	o.Paths = []string{filepath.Join(dir, "later", "**", "*.log")}
	bubble(t, o, func(s *station) {
		s.dir = dir
		s.start()
		wait(5 * time.Second)
		if err := os.MkdirAll(filepath.Join(dir, "later/a/b"), 0o700); err != nil {
			t.Fatal(err)
		}
		s.append("later/a/b/app.log", "one\n")
		s.append("later/a/b/app.txt", "other\n")
		wait(5 * time.Second)
		s.wantOnce("one")
	})
}

func TestADeniedFileIsReportedOnceAndReadWhenItMayBe(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\n")
		if err := os.Chmod(s.path("app.log"), 0); err != nil {
			t.Fatal(err)
		}
		s.start()
		wait(30 * time.Second)
		if n := strings.Count(s.logged(), "permission denied"); n != 1 {
			t.Errorf("reported %d times:\n%s", n, s.logged())
		}
		if err := os.Chmod(s.path("app.log"), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(5 * time.Second)
		s.wantOnce("one")
	})
}

func TestExcludedAndOldFilesAreNotRead(t *testing.T) {
	o := quick()
	o.Exclude = []string{"*.tmp", "**/private/**"}
	o.IgnoreOlder = time.Hour
	dir := t.TempDir()
	o.Paths = []string{dir}
	bubble(t, o, func(s *station) {
		s.dir = dir
		if err := os.Mkdir(s.path("private"), 0o700); err != nil {
			t.Fatal(err)
		}
		s.append("app.log", "one\n")
		s.append("app.tmp", "two\n")
		s.append("private/app.log", "three\n")
		s.append("old.log", "four\n")
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(s.path("old.log"), old, old); err != nil {
			t.Fatal(err)
		}
		s.start()
		wait(time.Minute)
		s.wantOnce("one")
		if !strings.Contains(s.logged(), "ignore_older") {
			t.Errorf("not reported:\n%s", s.logged())
		}
	})
}

func TestThousandsOfFilesWithFewOpenAtOnce(t *testing.T) {
	o := quick()
	o.MaxOpenFiles = 8
	bubble(t, o, func(s *station) {
		var want []string
		for i := range 2000 {
			line := fmt.Sprintf("line %d", i)
			want = append(want, line)
			s.append(fmt.Sprintf("%04d.log", i), line+"\n")
		}
		s.start()
		wait(10 * time.Minute)
		s.wantOnce(want...)
		if s.number(&s.most) > o.MaxOpenFiles {
			t.Errorf("%d files were open at once", s.number(&s.most))
		}
	})
}

func TestFilesThatGrowTogetherShareFewPlaces(t *testing.T) {
	o := quick()
	o.MaxOpenFiles = 3
	bubble(t, o, func(s *station) {
		s.start()
		var want []string
		for round := range 20 {
			for i := range 12 {
				line := fmt.Sprintf("file %d line %d", i, round)
				want = append(want, line)
				s.append(fmt.Sprintf("%d.log", i), line+"\n")
			}
			wait(2 * time.Second)
		}
		wait(10 * time.Minute)
		s.wantOnce(want...)
	})
}

func TestOptionsSayWhatIsWrong(t *testing.T) {
	o := Options{Paths: []string{"[a", ""}, Exclude: []string{"{"}, Start: "middle", PollInterval: 1, CloseInactive: 1}
	err := o.Validate()
	for _, want := range []string{"paths[0]", "paths[1]", "exclude[0]", "start: want beginning or end", "poll_interval", "close_inactive", "forget_after", "max_open_files"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	o = defaults()
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "paths") {
		t.Errorf("no paths: %v", err)
	}
	o.Paths = []string{"/logs/**/*.{log,json.gz}"}
	if err := o.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}
