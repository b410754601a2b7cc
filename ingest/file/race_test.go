package file

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestALogThatIsTruncatedWhileItIsOpenedIsReadFromItsCopy: between the look at a
// file and the moment at which it is read there is time for logrotate to copy,
// truncate and compress. Each opening of the log is tried.
func TestALogThatIsTruncatedWhileItIsOpenedIsReadFromItsCopy(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		for at := 1; at <= 3; at++ {
			bubble(t, quick(), func(s *station) {
				opened := 0
				s.opening = func(path string) {
					if filepath.Base(path) != "app.log" {
						return
					}
					if opened++; opened != at {
						return
					}
					s.copy("app.log", "app.log.1")
					s.truncate("app.log")
					if compressed {
						s.compress("app.log.1")
					}
				}
				s.append("app.log", "one\ntwo\n")
				s.start()
				wait(time.Minute)
				s.wantOnce("one", "two")
			})
		}
	}
}

// TestACompressedFileThatBeginsAsALogThatStaysIsReadInTheEnd: it may be a copy of
// the log, and it may be another one with the same header.
func TestACompressedFileThatBeginsAsALogThatStaysIsReadInTheEnd(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		header := strings.Repeat("# a header as long as what files are known by\n", 100)
		s.append("a.log", header+"one\n")
		s.start()
		wait(time.Minute)
		s.append("b.log.gz", string(gz(header+"two\n")))
		wait(3 * time.Minute)
		for _, line := range []string{"one", "two"} {
			if n, _ := s.count(line); n != 1 {
				t.Errorf("%s came %d times", line, n)
			}
		}
	})
}
