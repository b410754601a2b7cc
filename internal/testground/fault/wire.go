package fault

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Wire is a TCP proxy on loopback. Faults hold for connections that are open
// and for those to come, until [Wire.Heal].
type Wire struct {
	target   string
	listener net.Listener

	mu      sync.Mutex
	faults  faults
	changed chan struct{} // closed and replaced with each change of faults
	open    map[*link]bool
	closed  bool
	count   int
	wg      sync.WaitGroup
}

type faults struct {
	refuse  bool
	stall   bool
	delay   time.Duration
	cutUp   int64 // bytes from client to server after which a connection is cut; 0 is none
	cutDown int64
}

// NewWire stands before target, host:port, until the test ends.
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{target: target, listener: l, changed: make(chan struct{}), open: map[*link]bool{}}
	w.wg.Add(1)
	go w.accept()
	t.Cleanup(w.close)
	return w
}

// Address is where clients connect, host:port.
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Connections is how many were made so far, refused ones too.
func (w *Wire) Connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// Refuse closes each new connection at once and resets those that are open, as
// a server does that is gone.
func (w *Wire) Refuse() { w.set(func(f *faults) { f.refuse = true }); w.Cut() }

// Stall keeps connections open and lets no byte through, in either direction.
func (w *Wire) Stall() { w.set(func(f *faults) { f.stall = true }) }

// Delay holds each piece of data back for so long.
func (w *Wire) Delay(d time.Duration) { w.set(func(f *faults) { f.delay = d }) }

// CutAfter resets each connection when so many bytes went to the server, or
// came from it; 0 is never. Bytes that went before do not count.
func (w *Wire) CutAfter(toServer, toClient int64) {
	w.set(func(f *faults) { f.cutUp, f.cutDown = toServer, toClient })
}

// Heal ends every fault. What was stalled goes on.
func (w *Wire) Heal() { w.set(func(f *faults) { *f = faults{} }) }

// Cut resets the connections that are open.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.open {
		l.reset()
	}
}

func (w *Wire) set(change func(*faults)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.faults)
	for l := range w.open {
		l.sent = [2]int64{}
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *Wire) accept() {
	defer w.wg.Done()
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.count++
		refuse := w.faults.refuse || w.closed
		w.mu.Unlock()
		if refuse {
			resetConn(client)
			continue
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.target)
		if err != nil {
			resetConn(client)
			continue
		}
		w.join(&link{wire: w, ends: [2]net.Conn{client, server}, done: make(chan struct{})})
	}
}

func (w *Wire) join(l *link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		l.reset()
		return
	}
	w.open[l] = true
	for direction := range 2 {
		w.wg.Go(func() { l.pump(direction) })
	}
}

func (w *Wire) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	w.closed = true
	for l := range w.open {
		l.reset()
	}
	w.mu.Unlock()
	w.wg.Wait()
}

// link is one connection through the wire: ends are client and server.
type link struct {
	wire *Wire
	ends [2]net.Conn
	sent [2]int64 // guarded by wire.mu
	done chan struct{}
	once sync.Once
}

// pump copies one direction, 0 from client to server, 1 back, until an end is closed. An orderly close of one
// side is passed on; the other direction may go on.
func (l *link) pump(direction int) {
	from, to := l.ends[direction], l.ends[1-direction]
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !l.forward(direction, to, buf[:n]) {
			return
		}
		if err == io.EOF {
			if c, ok := to.(*net.TCPConn); ok && c.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			l.reset()
			l.leave()
			return
		}
	}
}

// forward writes what the faults let through and tells whether to go on.
func (l *link) forward(direction int, to net.Conn, p []byte) bool {
	f, ok := l.await()
	if !ok {
		return false
	}
	limit := [2]int64{f.cutUp, f.cutDown}[direction]
	l.wire.mu.Lock()
	sent := l.sent[direction]
	l.sent[direction] += int64(len(p))
	l.wire.mu.Unlock()
	cut := limit > 0 && sent+int64(len(p)) >= limit
	if cut {
		p = p[:max(0, limit-sent)]
	}
	_, err := to.Write(p)
	if cut || err != nil {
		l.reset()
		l.leave()
		return false
	}
	return true
}

// await holds data back as long as a fault asks for, and returns what holds then.
func (l *link) await() (faults, bool) {
	for {
		l.wire.mu.Lock()
		f, changed := l.wire.faults, l.wire.changed
		l.wire.mu.Unlock()
		var delayed <-chan time.Time
		switch {
		case f.stall:
		case f.delay > 0:
			delayed = time.After(f.delay)
		default:
			return f, true
		}
		select {
		case <-delayed:
			return f, true
		case <-changed:
		case <-l.done:
			return f, false
		}
	}
}

// reset ends both sides with RST: what is under way is lost, as over a cut cable.
func (l *link) reset() {
	l.once.Do(func() {
		close(l.done)
		for _, c := range l.ends {
			resetConn(c)
		}
	})
}

func (l *link) leave() {
	l.wire.mu.Lock()
	defer l.wire.mu.Unlock()
	delete(l.wire.open, l)
}

func resetConn(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
