package file

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestACompressedFileIsNotReadWhileItIsWritten(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.start()
		content := gz("one\ntwo\nthree\n")
		for i := range content {
			s.append("log.gz", string(content[i:i+1]))
			wait(700 * time.Millisecond)
		}
		if s.number(&s.objects) != 0 {
			t.Errorf("it was read %d times before it was whole", s.number(&s.objects))
		}
		wait(time.Minute)
		s.wantOnce("one", "two", "three")
	})
}

// TestWhatWasReadTooEarlyIsReadAgainWhenItGrows: a copy that stalls for longer
// than settle looks whole.
func TestWhatWasReadTooEarlyIsReadAgainWhenItGrows(t *testing.T) {
	for _, down := range []bool{false, true} {
		bubble(t, quick(), func(s *station) {
			var text strings.Builder
			var want []string
			for i := range 3000 {
				line := strings.Repeat(string(rune('a'+i%26)), 1+i%50) + time.Duration(i*i).String()
				want = append(want, line)
				text.WriteString(line + "\n")
			}
			content := gz(text.String())
			s.start()
			s.append("log.gz", string(content[:len(content)/2]))
			wait(time.Minute)
			half := s.different()
			if half == 0 || half == len(want) {
				t.Fatalf("%d lines of half a file", half)
			}
			if down {
				s.end()
			}
			s.append("log.gz", string(content[len(content)/2:]))
			if down {
				s.start()
			}
			wait(time.Minute)
			for _, line := range want {
				if n, places := s.count(line); n == 0 || places != 1 {
					t.Fatalf("%q came %d times under %d ids", line, n, places)
				}
			}
		})
	}
}

func TestACopyOfACompressedFileHasTheSameIDs(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		if err := os.WriteFile(s.path("log.gz"), gz("one\ntwo\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		wait(time.Minute)
		s.copy("log.gz", "copy.gz")
		wait(time.Minute)
		if n, places := s.count("one"); places != 1 {
			t.Errorf("the line came %d times under %d ids", n, places)
		}
	})
}

func TestAFileThatIsOnlyTouchedIsNotReadAgain(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		s.append("app.log", "one\n")
		if err := os.WriteFile(s.path("log.gz"), gz("two\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		wait(time.Minute)
		for range 3 {
			now := time.Now()
			for _, name := range []string{"app.log", "log.gz"} {
				if err := os.Chtimes(s.path(name), now, now); err != nil {
					t.Fatal(err)
				}
			}
			wait(time.Minute)
		}
		s.wantOnce("one", "two")
	})
}

func TestOnceReadsWhatIsThereAndEnds(t *testing.T) {
	bubble(t, once(), func(s *station) {
		s.append("app.log", "one\nlast")
		s.append("empty.log", "")
		if err := os.WriteFile(s.path("log.gz"), gz("two\nthree"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		s.work.Wait()
		s.done <- nil
		s.end()
		s.append("app.log", " line\nfour\n")
		s.start()
		wait(time.Second)
		s.wantOnce("one", "last", "two", "three", " line", "four")
	})
}

func TestOnceSaysWhatItCouldNotRead(t *testing.T) {
	bubble(t, once(), func(s *station) {
		s.append("secret.log", "one\n")
		if err := os.Chmod(s.path("secret.log"), 0); err != nil {
			t.Fatal(err)
		}
		s.start()
		if err := <-s.done; err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("error %v", err)
		}
		s.done <- nil
	})
}
