package file

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestReadingGoesOnWhereItWasLeft(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\ntwo\n")
		s.start()
		wait(3 * time.Second)
		s.restart()
		s.append("app.log", "three\n")
		wait(3 * time.Second)
		s.restart()
		wait(3 * time.Second)
		s.wantOnce("one", "two", "three")
	})
}

// TestRecordsKeepTheirIDsOverACrash: a file that is short when it is first seen
// has grown when it is seen again, and nothing was acknowledged.
func TestRecordsKeepTheirIDsOverACrash(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\n")
		s.startDeaf()
		wait(3 * time.Second)
		s.end()
		s.append("app.log", strings.Repeat("more\n", 2000))
		s.start()
		wait(3 * time.Second)
		if n, places := s.count("one"); n != 2 || places != 1 {
			t.Errorf("the line came %d times under %d ids", n, places)
		}
	})
}

func TestWhatHappensWhileItIsDownIsUnderstood(t *testing.T) {
	text := "one\ntwo\n"
	more := text + "three\n"
	for name, c := range map[string]struct {
		do   func(s *station)
		want []string
	}{
		"renamed": {func(s *station) {
			s.append("app.log", "three\n")
			s.rename("app.log", "app.log.1")
			s.append("app.log", "four\n")
		}, []string{"one", "two", "three", "four"}},
		"compressed": {func(s *station) {
			s.append("app.log", "three\n")
			s.rename("app.log", "app.log.1")
			s.compress("app.log.1")
			s.append("app.log", "four\n")
		}, []string{"one", "two", "three", "four"}},
		"copied and truncated": {func(s *station) {
			s.append("app.log", "three\n")
			s.copy("app.log", "app.log.1")
			s.truncate("app.log")
			s.append("app.log", "four\n")
		}, []string{"one", "two", "three", "four"}},
		"truncated": {func(s *station) {
			s.truncate("app.log")
			s.append("app.log", "four\n")
		}, []string{"one", "two", "four"}},
		"replaced": {func(s *station) {
			if err := os.WriteFile(s.path("new"), []byte("four\nfive\nsix\nseven\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			s.rename("new", "app.log")
		}, []string{"one", "two", "four", "five", "six", "seven"}},
		"moved to another file system": {func(s *station) {
			if err := os.WriteFile(s.path("other"), []byte(more), 0o600); err != nil {
				t.Fatal(err)
			}
			s.remove("app.log")
			s.rename("other", "app.log")
		}, []string{"one", "two", "three"}},
		"removed": {func(s *station) { s.remove("app.log") }, []string{"one", "two"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, quick(), func(s *station) {
				s.append("app.log", text)
				s.start()
				wait(3 * time.Second)
				s.end()
				c.do(s)
				s.start()
				wait(time.Minute)
				s.wantOnce(c.want...)
			})
		})
	}
}

func TestCompressedRotationsAreNotReadAgain(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		s.append("app.log", "one\ntwo\n")
		wait(2 * time.Second)
		s.rename("app.log", "app.log.1")
		s.append("app.log", "three\n")
		wait(2 * time.Second)
		s.append("app.log.1", "late\n")
		s.compress("app.log.1")
		wait(2 * time.Minute)
		s.restart()
		wait(2 * time.Minute)
		s.wantOnce("one", "two", "late", "three")
	})
}

func TestUnchangedFilesAreNotOpenedAfterARestart(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		for i := range 50 {
			s.append(fmt.Sprintf("%02d.log", i), fmt.Sprintf("line %d\n", i))
		}
		s.start()
		wait(time.Minute)
		s.end()
		for i := range 50 {
			if err := os.Chmod(s.path(fmt.Sprintf("%02d.log", i)), 0o200); err != nil {
				t.Fatal(err)
			}
		}
		before := s.number(&s.objects)
		s.start()
		wait(time.Minute)
		if s.number(&s.objects) != before || strings.Contains(s.logged(), "permission") {
			t.Errorf("%d objects, before %d\n%s", s.number(&s.objects), before, s.logged())
		}
	})
}

func TestPositionsOfFilesThatAreGoneAreForgotten(t *testing.T) {
	o := quick()
	o.ForgetAfter = time.Hour
	bubble(t, o, func(s *station) {
		for i := range 20 {
			s.append(fmt.Sprintf("%02d.log", i), fmt.Sprintf("line %d\n", i))
		}
		s.start()
		wait(time.Minute)
		for i := range 19 {
			s.remove(fmt.Sprintf("%02d.log", i))
		}
		wait(2 * time.Minute)
		s.restart()
		wait(2 * time.Hour)
		s.end()
		s.start()
		wait(2 * time.Second)
		n := 0
		if err := s.store.Scan("source/local", "", func(string, []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			t.Errorf("%d positions are kept of 1 file", n)
		}
	})
}

func TestStartAtTheEndReadsOnlyWhatComes(t *testing.T) {
	o := quick()
	o.Start = End
	bubble(t, o, func(s *station) {
		s.append("app.log", "old\nhal")
		s.start()
		wait(2 * time.Second)
		s.append("app.log", "f new\nnew\n")
		s.append("other.log", "first\n")
		wait(2 * time.Second)
		s.restart()
		s.append("third.log", "third\n")
		wait(time.Minute)
		s.wantOnce("half new", "new", "first", "third")
	})
}
