//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/internal/testground"
)

// ground is what the supervisor holds: the parts that run.
type ground struct {
	ctx    context.Context //nolint:containedctx // ends what requests start, which outlives them
	cache  cache
	dir    string
	socket string
	spawn  *spawner
	certs  certificates
	server *http.Server

	mu      sync.Mutex
	shared  map[string]func() testground.Answer
	running map[string]*instance
}

// open listens on a socket that only this user can reach.
func open(ctx context.Context, cacheDir, dir string) (*ground, error) {
	private := filepath.Join(dir, "socket")
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	certs, err := makeCertificates(dir)
	if err != nil {
		return nil, fmt.Errorf("making certificates: %w", err)
	}
	g := &ground{
		ctx: ctx, cache: cache{cacheDir, &sync.Mutex{}}, dir: dir, socket: filepath.Join(private, "s"),
		spawn: newSpawner(), certs: certs,
		shared: map[string]func() testground.Answer{}, running: map[string]*instance{},
	}
	for name, r := range recipes() {
		g.shared[name] = sync.OnceValue(func() testground.Answer { return g.start(r) })
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", g.socket)
	if err != nil {
		return nil, err
	}
	g.server = &http.Server{Handler: g.routes(), ReadHeaderTimeout: time.Minute}
	go func() { _ = g.server.Serve(listener) }()
	return g, nil
}

func (g *ground) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /parts/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		recipe, known := recipes()[name]
		switch {
		case !known:
			reply(w, testground.Answer{Error: "there is no part of this name"})
		case r.FormValue("alone") != "":
			reply(w, g.start(recipe))
		default:
			reply(w, g.shared[name]())
		}
	})
	mux.HandleFunc("POST /running/{id}/{verb}", func(w http.ResponseWriter, r *http.Request) {
		if err := g.command(r.PathValue("id"), r.PathValue("verb")); err != nil {
			reply(w, testground.Answer{Error: err.Error()})
			return
		}
		reply(w, testground.Answer{})
	})
	return mux
}

func reply(w http.ResponseWriter, a testground.Answer) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // who asked and is gone needs no answer
}

// start fetches, configures and starts a part, and returns when it is ready.
func (g *ground) start(r recipe) testground.Answer {
	in, err := g.begin(r)
	var missing missingError
	switch {
	case errors.As(err, &missing):
		return testground.Answer{Missing: missing.Error()}
	case err != nil:
		return testground.Answer{Error: err.Error()}
	}
	return testground.Answer{ID: in.id, Values: r.values(in)}
}

func (g *ground) begin(r recipe) (*instance, error) {
	began := time.Now()
	dist, err := r.fetch(g.ctx, g.cache)
	if err != nil {
		return nil, err
	}
	fetched := time.Since(began)
	in, err := g.newInstance(r, dist)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(g.ctx, in); err != nil {
		return nil, fmt.Errorf("configuring: %w", err)
	}
	if err := in.start(g.ctx); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "testground: %s %s is ready on %s, fetched in %.1f s, started in %.1f s\n", r.name, r.version,
		in.address("main"), fetched.Seconds(), (time.Since(began) - fetched).Seconds())
	return in, nil
}

func (g *ground) newInstance(r recipe, dist string) (*instance, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := r.name + "-" + strconv.Itoa(len(g.running)+1)
	in := &instance{recipe: r, id: id, dist: dist, dir: filepath.Join(g.dir, id), spawn: g.spawn, certs: g.certs, ports: map[string]int{}}
	if err := os.Mkdir(in.dir, 0o755); err != nil { //nolint:gosec // nobody's own Elasticsearch lies in it
		return nil, err
	}
	for _, name := range r.ports {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		in.ports[name] = port
	}
	g.running[id] = in
	return in, nil
}

// command does a verb of [testground.Process] to a running instance.
func (g *ground) command(id, verb string) error {
	g.mu.Lock()
	in := g.running[id]
	g.mu.Unlock()
	if in == nil {
		return fmt.Errorf("nothing of the name %s runs", id)
	}
	switch verb {
	case "kill", "end":
		return in.kill()
	case "start":
		return in.start(g.ctx)
	case "pause":
		return in.signal(stopSignal)
	case "resume":
		return in.signal(continueSignal)
	}
	return fmt.Errorf("there is no verb %s", verb)
}

// close ends every process.
func (g *ground) close() {
	_ = g.server.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, in := range g.running {
		if err := in.kill(); err != nil {
			fmt.Fprintf(os.Stderr, "testground: ending %s: %v\n", in.id, err)
		}
	}
}
