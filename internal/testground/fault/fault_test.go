package fault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers every byte with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, w *Wire) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", w.Address())
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c
}

// served tells whether a new connection answers. One that is refused may be
// reset before dialling is over, or after it.
func served(w *Wire) bool {
	c, err := net.Dial("tcp", w.Address())
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	_, err = exchange(c, "x")
	return err == nil
}

// exchange sends and reads back, and returns what came.
func exchange(c net.Conn, text string) (string, error) {
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	got := make([]byte, len(text))
	n, err := io.ReadFull(c, got)
	return string(got[:n]), err
}

func TestAWireWithoutFaultsChangesNothing(t *testing.T) {
	c := dial(t, NewWire(t, echo(t)))
	text := strings.Repeat("0123456789", 100_000)
	go io.WriteString(c, text)
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, []byte(text)) {
		t.Error("what came back differs", err)
	}
	c.(*net.TCPConn).CloseWrite()
	if _, err := c.Read(got); err != io.EOF {
		t.Errorf("an orderly end became %v", err)
	}
}

func TestAWireIsCutAtTheByte(t *testing.T) {
	w := NewWire(t, echo(t))
	c := dial(t, w)
	if got, err := exchange(c, "before"); got != "before" {
		t.Fatal(got, err)
	}
	w.CutAfter(0, 4)
	got, err := exchange(c, "0123456789")
	// The reset may overtake what was sent before it, as on a real wire.
	if err == nil || !strings.HasPrefix("0123", got) {
		t.Errorf("%q, %v", got, err)
	}
	w.Heal()
	if got, err := exchange(dial(t, w), "after"); got != "after" {
		t.Error(got, err)
	}
}

func TestAStalledWireGoesOn(t *testing.T) {
	w := NewWire(t, echo(t))
	c := dial(t, w)
	w.Stall()
	c.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := exchange(c, "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stalled wire answers: %v", err)
	}
	w.Heal()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if got, err := exchange(c, ""); err != nil {
		t.Error(got, err)
	}
	one := make([]byte, 1)
	if _, err := io.ReadFull(c, one); err != nil || one[0] != 'x' {
		t.Errorf("%q, %v", one, err)
	}
}

func TestARefusingWireEndsWhatIsOpen(t *testing.T) {
	w := NewWire(t, echo(t))
	c := dial(t, w)
	exchange(c, "x")
	w.Refuse()
	if _, err := exchange(c, "x"); err == nil {
		t.Error("an open connection goes on")
	}
	if served(w) {
		t.Error("a new connection is served")
	}
	if w.Connections() != 2 {
		t.Errorf("%d connections", w.Connections())
	}
}

func TestADelayedWireIsSlow(t *testing.T) {
	w := NewWire(t, echo(t))
	w.Delay(50 * time.Millisecond)
	began := time.Now()
	if got, err := exchange(dial(t, w), "x"); got != "x" || time.Since(began) < 100*time.Millisecond {
		t.Error(got, err, time.Since(began))
	}
}

func TestAnHTTPFaultSpoilsTheAnswerAlone(t *testing.T) {
	var done atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done.Add(1)
		io.WriteString(w, r.Host+strings.Repeat("x", 1000))
	}))
	defer s.Close()
	h := NewHTTP(t, s.URL, nil, nil)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() (int, string, error) {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, h.URL, http.NoBody)
		res, err := client.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return res.StatusCode, string(text), err
	}
	host := strings.TrimPrefix(h.URL, "http://")
	if code, text, err := get(); code != 200 || text != host+strings.Repeat("x", 1000) {
		t.Fatal(code, text, err)
	}
	for name, c := range map[string]struct {
		fault Fault
		code  int
		text  string
		fails bool
		done  int32
	}{
		"throttled": {Fault{Status: 503, Header: map[string]string{"Retry-After": "1"}, Body: "slow"}, 503, "slow", false, 0},
		"cut":       {Fault{CutBody: len(host)}, 200, host, true, 1},
		"lost":      {Fault{Lost: true}, 0, "", true, 1},
		"rewritten": {Fault{Rewrite: func(b []byte) []byte { return b[:len(host)+1] }}, 200, host + "x", false, 1},
	} {
		done.Store(0)
		h.Set(func(*http.Request) Fault { return c.fault })
		code, text, err := get()
		if code != c.code || text != c.text || (err != nil) != c.fails || done.Load() != c.done {
			t.Errorf("%s: %d %q %v, done %d", name, code, text, err, done.Load())
		}
	}
}
