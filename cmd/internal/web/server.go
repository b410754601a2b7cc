package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of a connection. Nobody needs long to ask; the answer may take the
// time of a query over a large store.
const (
	headerTime  = 5 * time.Second
	requestTime = 10 * time.Second
	queryTime   = 15 * time.Second
	answerTime  = 45 * time.Second
	idleTime    = 60 * time.Second
	headerBytes = 32 << 10
	closingTime = 3 * time.Second
)

// Start listens and serves until ctx ends. It returns the page's URL, and a
// channel that gets the one result of serving: nil, or why it ended.
func (s *Server) Start(ctx context.Context) (address string, served <-chan error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return "", nil, fmt.Errorf("http.listen: the page cannot listen on %s: %w", s.Listen, err)
	}
	if !s.loopback {
		s.Log.Warn("the page can be reached from other machines and speaks plain HTTP: put a proxy with TLS before it", "listen", l.Addr().String())
	}
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- serve(ctx, server, l) }()
	return "http://" + l.Addr().String() + "/", done, nil
}

func serve(ctx context.Context, server *http.Server, l net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve the page: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := server.Shutdown(closing)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // somebody's answer was cut off: nothing to report at an end
	}
	return err
}
