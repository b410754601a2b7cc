package testground

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"testing"
)

// Variable is the environment variable in which the supervisor leaves the path
// of its socket.
const Variable = "BURSTWATCH_TESTGROUND"

// Answer is what the supervisor says of a part, as JSON.
type Answer struct {
	// ID names the running instance.
	ID string `json:"id,omitempty"`
	// Values are addresses, users and passwords by name; each part has its own.
	Values map[string]string `json:"values,omitempty"`
	// Missing says in one sentence what this machine lacks for the part.
	Missing string `json:"missing,omitempty"`
	// Error says why a part that could be had does not run.
	Error string `json:"error,omitempty"`
}

// part asks for a part and returns when it is ready. It skips or fails the test
// where there is none.
func part(t testing.TB, name string, alone bool) Answer {
	t.Helper()
	path := "/parts/" + name
	if alone {
		path += "?alone=1"
	}
	a := call(t, name, path)
	switch {
	case a.Missing != "" && os.Getenv("CI") != "":
		t.Fatalf("%s: %s; in CI nothing is left out", name, a.Missing)
	case a.Missing != "":
		t.Skipf("%s: %s", name, a.Missing)
	case a.Error != "":
		t.Fatalf("%s: %s", name, a.Error)
	}
	if alone {
		t.Cleanup(func() { call(t, name, "/running/"+a.ID+"/end") })
	}
	return a
}

// call sends one request to the supervisor. A part that is being fetched may
// take minutes; the test's own deadline bounds that.
func call(t testing.TB, name, path string) Answer {
	t.Helper()
	socket := os.Getenv(Variable)
	if socket == "" {
		t.Skipf("needs a real %s: run `make test`, or `go run ./internal/testground/host -- go test ./...`", name)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://testground"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("the supervisor named by %s does not answer: %v", Variable, err)
	}
	defer func() { _ = res.Body.Close() }()
	var a Answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		t.Fatalf("the supervisor's answer to %s: %v", path, err)
	}
	return a
}

// names makes names that no other test of the run uses.
type names struct{ prefix string }

func newNames() names {
	random := make([]byte, 5)
	_, _ = rand.Read(random) // never fails, see crypto/rand
	return names{"t" + hex.EncodeToString(random)}
}

// Name returns a name of the test's own for a topic, index, queue, bucket, log
// group or role: lower-case letters, digits and dashes.
func (n names) Name(what string) string { return n.prefix + "-" + what }

// Process is a part that belongs to one test alone, which may do it harm. Each
// method returns when it has taken effect.
type Process struct{ name, id string }

// Kill ends the part as a power cut would end its process. Its data stays.
func (p *Process) Kill(t testing.TB) { p.do(t, "kill") }

// Start starts it again on the same data and ports and waits until it is ready.
func (p *Process) Start(t testing.TB) { p.do(t, "start") }

// Pause stops it in the middle of whatever it does (SIGSTOP): connections stay
// open and nothing answers.
func (p *Process) Pause(t testing.TB) { p.do(t, "pause") }

// Resume lets it go on after [Process.Pause].
func (p *Process) Resume(t testing.TB) { p.do(t, "resume") }

func (p *Process) do(t testing.TB, verb string) {
	t.Helper()
	if a := call(t, p.name, "/running/"+p.id+"/"+verb); a.Error != "" {
		t.Fatalf("%s: %s: %s", p.name, verb, a.Error)
	}
}

// alone asks for a part of the test's own.
func alone(t testing.TB, name string) (Answer, *Process) {
	t.Helper()
	a := part(t, name, true)
	return a, &Process{name, a.ID}
}

func shared(t testing.TB, name string) Answer {
	t.Helper()
	return part(t, name, false)
}
