package file

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestLinesAreReadAsTheyAreWritten(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\ntwo\nthr")
		s.start()
		wait(3 * time.Second)
		s.wantOnce("one", "two")
		s.append("app.log", "ee\nfour\n")
		wait(3 * time.Second)
		s.wantOnce("one", "two", "three", "four")
	})
}

func TestALineThatHasNotEndedIsNotCut(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		s.append("app.log", "one\nhalf")
		wait(time.Minute)
		s.append("app.log", " and half\n")
		wait(5 * time.Second)
		s.wantOnce("one", "half and half")
	})
}

func TestALastLineThatNeverEndsIsRead(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\nlast")
		s.start()
		wait(5 * time.Minute)
		s.wantOnce("one", "last")
	})
}

func TestTheLastLineIsReadWhenItsFileIsRotated(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		s.append("app.log", "one\nlast")
		wait(3 * time.Second)
		s.rename("app.log", "app.log.1")
		s.append("app.log", "next\n")
		wait(time.Minute)
		s.wantOnce("one", "last", "next")
	})
}

func TestRotationByRenameWhileWriting(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		var want []string
		line := func(name string) {
			text := fmt.Sprintf("line %d", len(want))
			want = append(want, text)
			s.append(name, text+"\n")
		}
		for round := range 5 {
			for range 10 {
				line("app.log")
				wait(300 * time.Millisecond)
			}
			if round > 0 {
				s.rename("app.log.1", fmt.Sprintf("app.log.%d", round+10))
			}
			s.rename("app.log", "app.log.1")
			line("app.log.1") // its writer does not know yet
		}
		wait(time.Minute)
		s.wantOnce(want...)
	})
}

func TestACopyThatIsMadeBeforeTruncationIsReadOn(t *testing.T) {
	for _, pause := range []time.Duration{0, 100 * time.Millisecond, 5 * time.Second, time.Minute} {
		t.Run(pause.String(), func(t *testing.T) {
			bubble(t, quick(), func(s *station) {
				s.start()
				s.append("app.log", "one\ntwo\n")
				wait(pause)
				s.append("app.log", "three\nfo")
				s.copy("app.log", "app.log.1")
				s.truncate("app.log")
				s.append("app.log", "ur is not whole\nfive\n")
				wait(time.Minute)
				s.append("app.log", "six\n")
				wait(5 * time.Minute)
				s.wantOnce("one", "two", "three", "fo", "ur is not whole", "five", "six")
			})
		})
	}
}

func TestATruncatedFileThatIsLongerSoonIsReadAnew(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		s.append("app.log", "one\ntwo\n")
		wait(3 * time.Second)
		if err := os.WriteFile(s.path("app.log"), []byte("three\nfour\nfive\nsix\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		s.wantOnce("one", "two", "three", "four", "five", "six")
	})
}

func TestAFileWrittenAnewWithTheSameBeginIsReadAnew(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		banner := strings.Repeat("#", 5000) + "\n"
		s.append("app.log", banner+"one\ntwo\n")
		wait(3 * time.Second)
		s.truncate("app.log")
		s.append("app.log", banner+"one\ntoo\nthree\n")
		wait(time.Minute)
		if n, places := s.count("one"); n != 2 || places != 2 {
			t.Errorf("the line that both have came %d times under %d ids", n, places)
		}
		for _, line := range []string{"two", "too", "three"} {
			if n, _ := s.count(line); n != 1 {
				t.Errorf("%q came %d times", line, n)
			}
		}
	})
}

func TestLogsWithTheSameHeaderAreToldApart(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		header := "version account-id interface-id srcaddr dstaddr\n"
		s.append("a.log", header)
		s.append("b.log", header)
		s.start()
		wait(2 * time.Second)
		s.append("c.log", header)
		wait(time.Minute)
		s.append("a.log", "same\na\n")
		s.append("b.log", "same\nb\n")
		s.append("c.log", "same\nc\n")
		wait(time.Minute)
		if n, places := s.count("same"); n != 3 || places != 3 {
			t.Errorf("the line that all have came %d times under %d ids\n%s", n, places, s.logged())
		}
		for _, line := range []string{"a", "b", "c"} {
			if n, _ := s.count(line); n != 1 {
				t.Errorf("%q came %d times", line, n)
			}
		}
	})
}

func TestADeletedFileIsReadToItsEnd(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\ntwo\nthree")
		s.start()
		wait(2 * time.Second)
		s.remove("app.log")
		wait(time.Minute)
		s.wantOnce("one", "two", "three")
	})
}

func TestAFileThatIsClosedIsOpenedAgainWhenItGrows(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		s.append("app.log", "one\n")
		wait(5 * time.Minute)
		if s.number(&s.open) != 0 {
			t.Errorf("%d files are open after five minutes", s.number(&s.open))
		}
		s.append("app.log", "two\n")
		wait(5 * time.Second)
		s.wantOnce("one", "two")
	})
}

func TestALinkIsNoOtherFile(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\n")
		if err := os.Symlink(s.path("app.log"), s.path("current")); err != nil {
			t.Skip(err)
		}
		if err := os.Link(s.path("app.log"), s.path("hard")); err != nil {
			t.Skip(err)
		}
		s.start()
		wait(time.Minute)
		s.wantOnce("one")
	})
}
