// Package web is the page: alerts with what is behind them, events, and the
// state of every log and sink, rendered on the server; with /metrics for
// Prometheus, /healthz and /readyz.
//
// What it shows was written by attackers. html/template escapes it for its
// place, internal/termtext shows what would be invisible or turn text around,
// nothing is loaded from elsewhere, and no page runs a script but the one that
// reloads it. On loopback anybody on the machine may read; any other address
// needs a token.
//
// It reads through the small interfaces in data.go. app makes it and runs it.
package web

import (
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Config is what a page is made of. Functions may be called at any time and by
// several requests at once.
type Config struct {
	// Listen is the address and port; port 0 picks one.
	Listen string
	// Token must be shown by everybody, on loopback too, if it is set. Beyond
	// loopback it must be set.
	Token plugin.Secret
	// Version is the program's.
	Version string
	// Store returns the local store to read, or nil where there is none (now).
	// nil means never.
	Store func() Store
	// Status is the pipeline's state.
	Status func() pipeline.Status
	// Rules says what is loaded, and what is not.
	Rules func() Rules
	// Ready says why the service does not take logs (yet); nil error if it
	// does. nil means always.
	Ready func() error
	// Metrics is written at /metrics, with those of the process.
	Metrics *metrics.Set
	// Now is the clock for ages. nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Server is one page.
type Server struct {
	Config
	loopback bool
	guard    guard
	pages    map[string]*template.Template
	busy     chan struct{}
	// accused is when a wrong token was last logged, in Unix seconds.
	accused atomic.Int64
}

// shortestToken is the least a token may have; shorter ones can be tried out.
const shortestToken = 16

// Check finds what is wrong with an address to listen at and the token for it. The
// error is a plugin.FieldError.
func Check(listen string, token plugin.Secret) error {
	host, port, err := net.SplitHostPort(listen)
	secret := strings.TrimSpace(string(token))
	switch {
	case err != nil || port == "":
		return plugin.FieldError{Key: "http.listen", Reason: fmt.Sprintf("%q is no address with a port, such as 127.0.0.1:9810", listen)}
	case secret == "" && !isLoopback(host):
		return plugin.FieldError{Key: "http.listen", Reason: fmt.Sprintf("%s can be reached from other machines, so http.token must be set: "+
			"write a random text of %d characters or more to a file and refer to it as ${file:/run/secrets/burstwatch-token}; or listen on 127.0.0.1", listen, shortestToken)}
	case secret != "" && len(secret) < shortestToken:
		return plugin.FieldError{Key: "http.token", Reason: fmt.Sprintf("has fewer than %d characters and could be guessed", shortestToken)}
	}
	return nil
}

// New checks the configuration and makes the page; Start serves it.
func New(c Config) (*Server, error) {
	if err := Check(c.Listen, c.Token); err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, loopback: isLoopback(host), busy: make(chan struct{}, mostRequests)}
	s.Token = plugin.Secret(strings.TrimSpace(string(c.Token)))
	s.defaults()
	s.guard = newGuard(string(s.Token), s.Now)
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("parse the page's templates: %w", err)
	}
	return s, nil
}

func (s *Server) defaults() {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Store == nil {
		s.Store = func() Store { return nil }
	}
	if s.Status == nil {
		s.Status = func() pipeline.Status { return pipeline.Status{} }
	}
	if s.Rules == nil {
		s.Rules = func() Rules { return Rules{} }
	}
	if s.Ready == nil {
		s.Ready = func() error { return nil }
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Handler answers every request.
func (s *Server) Handler() http.Handler {
	open := http.NewServeMux()
	open.HandleFunc("/healthz", s.health)
	open.HandleFunc("/readyz", s.ready)
	open.Handle("/static/", s.assets())
	open.HandleFunc("/login", s.login)
	open.HandleFunc("/logout", s.logout)

	inside := http.NewServeMux()
	inside.HandleFunc("/{$}", s.alerts)
	inside.HandleFunc("/alerts/{id}", s.alert)
	inside.HandleFunc("/events", s.events)
	inside.HandleFunc("/events/{id}", s.event)
	inside.HandleFunc("/sources", s.sources)
	inside.HandleFunc("/metrics", s.metrics)
	inside.HandleFunc("/status.json", s.statusJSON)
	inside.HandleFunc("/", s.notFound)
	open.Handle("/", s.known(s.limited(inside)))

	cross := http.NewCrossOriginProtection()
	return s.headers(s.hosts(s.methods(cross.Handler(open))))
}
