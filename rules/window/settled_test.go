package window_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/window"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// drawRecords draws the events of a few objects.
func drawRecords(t *rapid.T) (objects [][]record) {
	id := 0
	for o := range rapid.IntRange(1, 3).Draw(t, "objects") {
		var list []record
		for i := range rapid.IntRange(1, 12).Draw(t, "records") {
			id++
			list = append(list, record{
				at: 600 + int64(rapid.IntRange(0, 150).Draw(t, "minute")), id: id, object: o, offset: int64(10 * i),
				user: rapid.SampledFrom([]string{"ada", "bob"}).Draw(t, "user"),
				name: rapid.SampledFrom([]string{"Deny", "Deny", "Start", "Stop", "Other"}).Draw(t, "name"),
			})
		}
		if rapid.Bool().Draw(t, "sorted") {
			slices.SortStableFunc(list, func(a, b record) int { return int(a.at - b.at) })
			for i := range list {
				list[i].offset = int64(10 * i)
			}
		}
		objects = append(objects, list)
	}
	return objects
}

// inOrder is what a scan of the events says.
func inOrder(t *rapid.T, set *rules.Set, objects [][]record) view {
	var pieces []piece
	for _, list := range objects {
		pieces = append(pieces, list)
	}
	return scanned(t, set, pieces, 1, 0)
}

// scanned is what a scan of the pieces says, by some workers that have so much
// memory.
func scanned(t *rapid.T, set *rules.Set, pieces []piece, workers, memory int) view {
	s := openTest(t, vfs.NewMem())
	defer s.Close()
	e, err := window.Open(s, set, window.Options{AtEnd: true, Memory: memory, Now: func() time.Time { return time.Unix(1e9, 0) }})
	fatal(t, err)
	list := make([]*window.Worker, workers)
	for i := range list {
		list[i] = e.Worker()
	}
	for i, p := range pieces {
		fatal(t, e.Commit([]*window.Found{list[i%workers].Batch(batchOf(p))}, nil))
	}
	for _, w := range list {
		fatal(t, e.Commit([]*window.Found{w.Last()}, nil))
	}
	v := view{}
	fatal(t, e.Finish(func(_ *rules.Rule, a *event.Event) error { return v.add(event.AppendDocument(nil, a.Made)) }))
	return v.settled()
}

func fatal(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openTest(t *rapid.T, fs vfs.FS) *state.Store {
	s, err := state.Open(fs, "state", quiet)
	fatal(t, err)
	return s
}

// piece is a run of records of one object that is read at once.
type piece []record

// cut divides the objects into pieces, in any order, some of them twice, and not
// cut alike then.
func cut(t *rapid.T, objects [][]record) (out []piece) {
	for _, list := range objects {
		times := 1 + rapid.IntRange(0, 2).Draw(t, "repeats")/2
		for range times {
			for rest := list; len(rest) > 0; {
				n := min(len(rest), rapid.IntRange(1, 5).Draw(t, "piece"))
				out = append(out, rest[:n])
				rest = rest[n:]
			}
		}
	}
	if rapid.Bool().Draw(t, "in order") {
		slices.SortStableFunc(out, func(a, b piece) int { return int(a[0].at - b[0].at) })
		return out
	}
	return rapid.Permutation(out).Draw(t, "order")
}

// late is the lateness in the test, in minutes.
const late = 5

// TestAScanSaysTheSameHoweverItsFilesCome: in any order, cut in any way, some of
// it twice, by several workers, whether it fits into memory or not.
func TestAScanSaysTheSameHoweverItsFilesCome(t *testing.T) {
	set := testSet(t, statefulRules()...)
	rapid.Check(t, func(t *rapid.T) {
		objects := drawRecords(t)
		want := inOrder(t, set, objects)
		got := scanned(t, set, cut(t, objects), rapid.IntRange(1, 3).Draw(t, "workers"),
			rapid.SampledFrom([]int{0, 1, 2000}).Draw(t, "memory"))
		if !maps.Equal(got, want) {
			t.Fatalf("%s", differ(got, want))
		}
	})
}

// frontier is the furthest that may be said when only the rest is yet to come.
func frontier(rest []piece) int64 {
	first := int64(math.MaxInt64)
	for _, p := range rest {
		for _, r := range p {
			first = min(first, r.at)
		}
	}
	if first == math.MaxInt64 {
		return first
	}
	return (first + late) * minute
}

// TestTheSettledViewDependsOnNothingButTheEvents: in any order and any batching,
// with repeats, restarts and crashes between, at any pace of frontiers and of judging, the
// newest revision of each case says what a scan in order says.
func TestTheSettledViewDependsOnNothingButTheEvents(t *testing.T) {
	set := testSet(t, statefulRules()...)
	rapid.Check(t, func(t *rapid.T) {
		objects := drawRecords(t)
		want := inOrder(t, set, objects)
		p := &play{t: t, set: set, disk: vfs.NewCrashableMem(), got: view{}, now: time.Unix(1e9, 0)}
		p.pace = time.Duration(rapid.IntRange(0, 2).Draw(t, "pace")) * 4 * time.Second
		p.boot()
		defer func() { _ = p.store.Close() }() // also where a draw ends the test
		pieces := cut(t, objects)
		for len(pieces) > 0 {
			n := rapid.IntRange(1, min(3, len(pieces))).Draw(t, "batches")
			p.commit(pieces[:n])
			pieces = pieces[n:]
			p.disturb(pieces)
		}
		p.end()
		if got := p.got.settled(); !maps.Equal(got, want) {
			t.Fatalf("%s", differ(got, want))
		}
		for id, s := range p.got {
			if s.State == rules.Provisional {
				t.Errorf("%s is provisional at the end", id)
			}
		}
	})
}

// play is an engine and what happens to it.
type play struct {
	t     *rapid.T
	set   *rules.Set
	disk  *vfs.MemFS
	store *state.Store
	e     *window.Engine
	w     *window.Worker
	got   view
	now   time.Time
	pace  time.Duration
	known int64
}

func (p *play) boot() {
	p.store = openTest(p.t, p.disk)
	var err error
	p.e, err = window.Open(p.store, p.set, window.Options{Lateness: late * time.Minute, Pace: p.pace, Now: func() time.Time { return p.now }})
	fatal(p.t, err)
	p.e.Poison()
	p.w = p.e.Worker()
	if p.known != 0 {
		p.tell(window.Frontier{Through: p.known})
	}
}

func (p *play) tell(f window.Frontier) {
	f.Source, f.Dataset = "test", schema.Dataset()
	fatal(p.t, p.e.Commit(nil, []window.Frontier{f}))
}

func (p *play) commit(list []piece) {
	var found []*window.Found
	for _, x := range list {
		found = append(found, p.w.Batch(batchOf(x)))
	}
	fatal(p.t, p.e.Commit(found, nil))
}

// disturb lets time pass, frontiers advance, the process stop, or die and take
// what was not synced with it.
func (p *play) disturb(rest []piece) {
	p.now = p.now.Add(time.Duration(rapid.IntRange(0, 9).Draw(p.t, "seconds")) * time.Second)
	switch rapid.IntRange(0, 9).Draw(p.t, "what") {
	case 0, 1, 8, 9:
		if f := frontier(rest); f < math.MaxInt64 {
			p.known = f
			p.tell(window.Frontier{Through: f})
		}
	case 2:
		fatal(p.t, deliver(p.e, p.got))
	case 3:
		fatal(p.t, p.store.Close())
		p.boot()
	case 4:
		seed := rapid.Uint64().Draw(p.t, "crash")
		after := p.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed % 101), RNG: rand.New(rand.NewPCG(seed, 1))})
		fatal(p.t, p.store.Close())
		p.disk = after
		p.boot()
	case 5:
		fatal(p.t, p.e.Replace(p.set))
		p.w = p.e.Worker()
	}
}

func (p *play) end() {
	p.tell(window.Frontier{Through: math.MinInt64, Ended: true})
	fatal(p.t, p.e.Flush())
	fatal(p.t, deliver(p.e, p.got))
	if s := p.e.Stats(); s.Outbox != 0 || s.TooLate != 0 || s.Failed != 0 || s.Waiting != 0 {
		p.t.Errorf("at the end: %+v", s)
	}
	fatal(p.t, p.store.Close())
}

func differ(got, want view) (text string) {
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] != want[id] {
			text += fmt.Sprintf("%s\n is  %+v\nwant %+v\n", id, got[id], want[id])
		}
	}
	for id, s := range got {
		if _, ok := want[id]; !ok {
			text += fmt.Sprintf("%s should not be: %+v\n", id, s)
		}
	}
	return text
}
