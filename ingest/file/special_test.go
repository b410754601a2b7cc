//go:build unix

package file

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestWhatIsNoFileIsPassedOver(t *testing.T) {
	bubble(t, quick(), func(s *station) {
		if err := syscall.Mkfifo(s.path("pipe"), 0o600); err != nil {
			t.Skip(err)
		}
		l, err := net.Listen("unix", s.path("socket"))
		if err != nil {
			t.Skip(err)
		}
		defer l.Close()
		if err := os.Mkdir(s.path("folder"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("nowhere", s.path("dangling")); err != nil {
			t.Fatal(err)
		}
		s.append("app.log", "one\n")
		s.start()
		wait(time.Minute)
		s.wantOnce("one")
		for _, want := range []string{"a pipe", "a socket", "a link to nothing"} {
			if n := strings.Count(s.logged(), want); n != 1 {
				t.Errorf("%d times %q in\n%s", n, want, s.logged())
			}
		}
	})
}
