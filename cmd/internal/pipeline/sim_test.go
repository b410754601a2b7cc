package pipeline

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/testground"
)

var (
	simSeeds = flag.Int("sim.seeds", 0, "how many seeds TestSimulation plays; 0: 2000 in make test, 500 in go test")
	simFirst = flag.Uint64("sim.first", 1, "the first seed that TestSimulation plays")
	simTwice = flag.Int("sim.replays", 20, "how many seeds TestASeedReplaysExactly plays, each eleven times")
	simSeed  = flag.Uint64("sim.seed", 0, "play this seed alone, and print what happens")
)

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// play plays one seed in a bubble of virtual time.
func play(t *testing.T, seed uint64, m mutant, prepare func(*simulation)) (s *simulation, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		s = newSimulation(seed, m)
		if prepare != nil {
			prepare(s)
		}
		err = s.run()
	})
	return s, err
}

// TestSimulation: nothing is lost, nothing is seen twice where the destination
// can tell, everything settles once the faults end, whatever fails and whenever
// the process dies.
func TestSimulation(t *testing.T) {
	seeds := *simSeeds
	if seeds == 0 {
		seeds = testground.Amount(200, 500, 2000)
	}
	if *simSeed != 0 {
		_, err := play(t, *simSeed, mutant{}, func(s *simulation) { s.log = os.Stdout })
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	const lanes = 2
	for lane := range lanes {
		t.Run(fmt.Sprint("lane", lane), func(t *testing.T) {
			t.Parallel()
			for n := lane; n < seeds && !t.Failed(); n += lanes {
				seed := *simFirst + uint64(n)
				if _, err := play(t, seed, mutant{}, nil); err != nil {
					t.Errorf("seed %d:\n%v\nreplay: go test ./cmd/internal/pipeline -run 'TestSimulation$' -sim.seed=%d", seed, err, seed)
				}
			}
		})
	}
}

// TestASeedReplaysExactly: the same seed gives the same run, call by call.
func TestASeedReplaysExactly(t *testing.T) {
	seeds, runs := *simTwice, 10
	if testing.Short() {
		seeds, runs = 5, 5
	}
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		var first bytes.Buffer
		a, _ := play(t, seed, mutant{}, func(s *simulation) { s.log = &first })
		for range runs {
			var again bytes.Buffer
			b, _ := play(t, seed, mutant{}, func(s *simulation) { s.log = &again })
			if a.trace != b.trace {
				t.Fatalf("seed %d took two ways:\n%s", seed, difference(first.Bytes(), again.Bytes()))
			}
		}
	}
}

// difference is where two logs part.
func difference(a, b []byte) string {
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			from := max(0, i-12)
			return fmt.Sprintf("%s\n--- then\n%s\n--- or\n%s", bytes.Join(x[from:i], []byte("\n")),
				bytes.Join(x[i:min(len(x), i+4)], []byte("\n")), bytes.Join(y[i:min(len(y), i+4)], []byte("\n")))
		}
	}
	return "one is longer"
}

func sortedIDs(m map[event.ID]string) []event.ID {
	return slices.SortedFunc(maps.Keys(m), func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) })
}
