package aws

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnAnswerMayTakeTheTimeoutWhateverItsConnectionWaitedBefore: net/http reads
// from an idle connection, before there is a request.
func TestAnAnswerMayTakeTheTimeoutWhateverItsConnectionWaitedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		c := &talkative{Conn: here, timeout: time.Minute}
		read := make(chan error, 1)
		buf := make([]byte, 16)
		await := func() { _, err := c.Read(buf); read <- err }
		go await()
		time.Sleep(50 * time.Second)
		go func() { _, _ = there.Read(make([]byte, 16)) }()
		if _, err := c.Write([]byte("request")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Second)
		if _, err := there.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if err := <-read; err != nil {
			t.Errorf("an answer 50 s after its request, on a connection that had waited for 50 s: %v", err)
		}
		go await()
		time.Sleep(61 * time.Second)
		err := <-read
		var network net.Error
		if !errors.As(err, &network) || !network.Timeout() {
			t.Errorf("a connection that is silent for longer than a minute: %v", err)
		}
	})
}
