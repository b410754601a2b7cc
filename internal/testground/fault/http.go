package fault

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

// Fault is what happens to one request. The zero value lets it through.
type Fault struct {
	// Status answers instead of the server, which never sees the request.
	Status int
	// Header and Body go with Status.
	Header map[string]string
	Body   string
	// CutBody ends the connection after so many bytes of the server's answer,
	// whose Content-Length still tells the whole; the server has done its work.
	CutBody int
	// Lost ends the connection in place of the server's answer; the server has
	// done its work, and the client cannot know.
	Lost bool
	// Rewrite makes another answer of the server's; the server has done its work.
	Rewrite func(body []byte) []byte
}

// HTTP is a reverse proxy on loopback. It speaks plain HTTP to the client, and
// to the server what its URL says. The Host header stays the client's, so that
// signatures of AWS hold.
type HTTP struct {
	// URL is where clients go, http://host:port.
	URL string

	mu     sync.Mutex
	choose func(*http.Request) Fault
	seen   int
}

// NewHTTP stands before the server at target until the test ends. choose is
// asked for each request, from many goroutines; it may read the request's
// header and address but not its body. transport is nil for the usual.
func NewHTTP(t testing.TB, target string, transport http.RoundTripper, choose func(*http.Request) Fault) *HTTP {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	h := &HTTP{choose: choose}
	proxy := &httputil.ReverseProxy{
		Transport:      transport,
		FlushInterval:  -1, // what comes before a cut arrives
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Host = r.In.Host },
		ModifyResponse: spoil,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(proxy, w, r) }))
	t.Cleanup(s.Close)
	h.URL = s.URL
	return h
}

// Set replaces what chooses the faults; nil lets everything through.
func (h *HTTP) Set(choose func(*http.Request) Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.choose = choose
}

// Requests is how many came so far.
func (h *HTTP) Requests() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

func (h *HTTP) serve(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.seen++
	choose := h.choose
	h.mu.Unlock()
	var f Fault
	if choose != nil {
		f = choose(r)
	}
	if f.Status != 0 {
		for k, v := range f.Header {
			w.Header().Set(k, v)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
		return
	}
	if f.Rewrite != nil {
		r.Header.Del("Accept-Encoding") // what is rewritten must be readable
	}
	proxy.ServeHTTP(w, r.WithContext(withFault(r.Context(), f)))
}

var errCut = errors.New("cut by the test")

// spoil does to an answer what was chosen for its request.
func spoil(res *http.Response) error {
	f := faultOf(res.Request.Context())
	switch {
	case f.Lost:
		return errCut
	case f.Rewrite != nil:
		return rewrite(res, f.Rewrite)
	case f.CutBody > 0:
		res.Body = &cutBody{ReadCloser: res.Body, left: f.CutBody}
	}
	return nil
}

func rewrite(res *http.Response, with func([]byte) []byte) error {
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	body = with(body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

type cutBody struct {
	io.ReadCloser
	left int
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errCut
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
