package local

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// writeUntilKilled is the other process of TestNothingAcknowledgedIsLostByAKill:
// it writes batches that begin before the last acknowledged event, and prints
// what was acknowledged.
func writeUntilKilled(dir string) {
	s, err := Open(context.Background(), testEnv(dir), Options{Search: true, MaxAge: 720 * time.Hour})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	n, _ := strconv.Atoi(os.Getenv("BURSTWATCH_TEST_FROM"))
	for {
		var batch []*event.Event
		from := max(0, n-3)
		for i := from; i < from+20; i++ {
			f := fact{id: strconv.Itoa(i), at: noon.Add(time.Duration(i) * time.Second)}
			batch = append(batch, f.event())
		}
		batch = append(batch, charge{id: fmt.Sprintf("case%d", n), evidence: batch[:2]}.event())
		if err := s.Write(context.Background(), batch); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		n = from + 20
		fmt.Println("acknowledged", n)
	}
}

// TestNothingAcknowledgedIsLostByAKill kills a writing process at random
// moments, again and again, while this one reads the same file.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	acked, rounds := 0, 25
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		acked = runAndKill(t, dir, acked, time.Duration(rng.IntN(60))*time.Millisecond)
		store := must[*Store](t)(OpenStore(context.Background(), storeFile(dir)))
		checkOnce(t, store, acked, round)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d events acknowledged over %d kills", acked, rounds)
	// The store is whole, as SQLite sees it.
	s := mustOpen(t, dir, Options{Search: true})
	var verdict string
	if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s %v", verdict, err)
	}
	if _, err := s.db.Exec("INSERT INTO events_words (events_words) VALUES ('integrity-check')"); err != nil {
		t.Errorf("full-text index: %v", err)
	}
}

// runAndKill lets the other process write for a while after its first
// acknowledgement, kills it, and returns what it had acknowledged.
func runAndKill(t *testing.T, dir string, acked int, after time.Duration) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BURSTWATCH_TEST_WRITER="+dir, "BURSTWATCH_TEST_FROM="+strconv.Itoa(acked))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, value, _ := strings.Cut(lines.Text(), " ")
		if word != "acknowledged" {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("the writer says: %s", lines.Text())
		}
		acked, _ = strconv.Atoi(value)
		if !begun {
			begun = true
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait()
	if !begun {
		t.Fatal("the writer wrote nothing")
	}
	return acked
}

// checkOnce finds every acknowledged event exactly once, as lists show them
// and as the histogram counts them.
func checkOnce(t *testing.T, store *Store, acked, round int) {
	t.Helper()
	seen, counted := map[string]bool{}, int64(0)
	f := Filter{Oldest: true, Limit: mostLimit}
	for {
		p := paged[EventRow](t)(store.Events(context.Background(), f))
		for i := range p.list {
			if seen[p.list[i].DeliveryID] {
				t.Fatalf("round %d: %s is there twice", round, p.list[i].DeliveryID)
			}
			seen[p.list[i].DeliveryID] = true
		}
		if p.next == "" {
			break
		}
		f.Cursor = p.next
	}
	for i := range acked {
		if id := (fact{id: strconv.Itoa(i)}).event().DeliveryID.String(); !seen[id] {
			t.Fatalf("round %d: event %d of %d is lost", round, i, acked)
		}
	}
	for _, b := range must[[]Bar](t)(store.EventHistogram(context.Background(), Filter{}, 100)) {
		counted += b.Count
	}
	for _, o := range must[[]Origin](t)(store.Sources(context.Background())) {
		if o.Events != int64(len(seen)) {
			t.Fatalf("round %d: the origin counts %d of %d events", round, o.Events, len(seen))
		}
	}
	if counted != int64(len(seen)) {
		t.Fatalf("round %d: the hours count %d of %d events", round, counted, len(seen))
	}
}
