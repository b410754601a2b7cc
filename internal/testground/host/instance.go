//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// recipe tells how one part is had and run.
type recipe struct {
	name, version string
	// ports are the names of the ports that it listens on; "main" is shown.
	ports []string
	// fetch returns the folder of the distribution, in the cache.
	fetch func(context.Context, cache) (string, error)
	// prepare writes the configuration into the instance's folder, once.
	prepare func(context.Context, *instance) error
	// command is what runs; its output goes to the instance's log.
	command func(*instance) process
	// ready tells whether it serves.
	ready func(context.Context, *instance) bool
	// values are what its users need to know.
	values func(*instance) map[string]string
}

// patience is how long a part may take to be ready. They need seconds; a
// machine under load has needed a minute.
const patience = 4 * time.Minute

// instance is one running part.
type instance struct {
	recipe
	id string
	// dist is the distribution, shared and not to be written; dir is its own.
	dist, dir string
	spawn     *spawner
	certs     certificates
	ports     map[string]int

	mu  sync.Mutex
	run *running
}

func (in *instance) path(name string) string { return filepath.Join(in.dir, name) }

// address is host:port of one of its ports.
func (in *instance) address(port string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(in.ports[port]))
}

func (in *instance) write(name, text string) error {
	return os.WriteFile(in.path(name), []byte(text), 0o600)
}

// start runs the part and returns when it is ready.
func (in *instance) start(ctx context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.run != nil {
		return errors.New("it runs already")
	}
	run, err := in.spawn.start(in.command(in), in.path("log"))
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	in.run = run
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := in.await(ctx); err != nil {
		return errors.Join(fmt.Errorf("%s %s: %w; the end of its log:\n%s", in.name, in.version, err, in.tail()), in.end())
	}
	return nil
}

func (in *instance) await(ctx context.Context) error {
	for {
		if in.ready(ctx, in) {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-in.run.done:
			return fmt.Errorf("ended at its start: %w", in.run.err)
		case <-ctx.Done():
			return fmt.Errorf("was not ready in time: %w", ctx.Err())
		}
	}
}

// kill ends the process group at once, without a word to it.
func (in *instance) kill() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.end()
}

func (in *instance) end() error {
	if in.run == nil {
		return nil
	}
	run := in.run
	in.run = nil
	return run.kill()
}

func (in *instance) logged(text string) bool {
	log, err := os.ReadFile(in.path("log"))
	// Each start writes behind the log of the last.
	return err == nil && bytes.Contains(log[min(in.run.logFrom, int64(len(log))):], []byte(text))
}

// tail is the last part of the log.
func (in *instance) tail() string {
	log, err := os.ReadFile(in.path("log"))
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-3000):])
}

// freePort finds a port below those that the system gives to outgoing
// connections, so that a part that is killed finds its port free again.
func freePort() (int, error) {
	var last error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("looking for a free port: %w", last)
}
