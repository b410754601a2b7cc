package event_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

func TestABatchSettlesOnceWithTheFirstErrorWhenTheLastHolderIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holders := rapid.IntRange(1, 20).Draw(t, "holders")
		fails := rapid.SliceOfN(rapid.Bool(), holders, holders).Draw(t, "fails")
		settled, first := 0, error(nil)
		b := event.NewBatch(16, func(_ *event.Batch, err error) { settled++; first = err })
		b.Hold(holders - 1)
		var want error
		for i, fail := range fails {
			if settled != 0 {
				t.Fatalf("settled before holder %d of %d was done", i+1, holders)
			}
			var err error
			if fail {
				err = errors.New("cannot write")
			}
			if want == nil {
				want = err
			}
			b.Done(err)
		}
		if settled != 1 || !errors.Is(first, want) {
			t.Fatalf("settled %d times with %v, want once with %v", settled, first, want)
		}
	})
}

func TestDoneBeyondTheHoldersPanics(t *testing.T) {
	b := event.NewBatch(16, nil)
	b.Done(nil)
	defer func() {
		if recover() == nil {
			t.Error("one Done too many went unnoticed")
		}
	}()
	b.Done(nil)
}

func TestSlotsOfEarlierEventsStayWhenTheSlabGrows(t *testing.T) {
	b := event.NewBatch(16, nil)
	for round := range 3 {
		for i := range 5000 {
			e := b.Add(3)
			if e.Slots[0] != (event.Span{}) {
				t.Fatalf("round %d: a slot of event %d is not empty", round, i)
			}
			e.Slots[0] = event.Span{Start: uint32(i), End: uint32(i) + 1}
		}
		for i := range b.Events {
			if got := b.Events[i].Slots[0].Start; got != uint32(i) {
				t.Fatalf("round %d: slot of event %d holds %d", round, i, got)
			}
		}
		b.Reuse(nil)
	}
}

func TestPoisonOverwritesRecycledMemory(t *testing.T) {
	b := event.NewBatch(16, nil)
	b.Poison()
	b.Buf = append(b.Buf, "secret of A"...)
	kept := b.Buf
	b.Reuse(nil)
	if string(kept) == "secret of A" {
		t.Error("bytes kept after Reuse still read as before: the poison does not work")
	}
}

func TestScratchValuesDoNotMoveUntilReset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s event.Scratch
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			s.Reset()
			texts := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 9000)).Draw(t, "texts")
			var copies [][]byte
			for _, x := range texts {
				copies = append(copies, s.Copy(x))
			}
			for i := range texts {
				if string(copies[i]) != string(texts[i]) {
					t.Fatalf("copy %d changed while later ones were made", i)
				}
			}
		}
	})
}

func TestHashIDTellsPartsApart(t *testing.T) {
	var s event.Scratch
	a := event.HashID(&s, []byte("ab"), []byte("c"))
	b := event.HashID(&s, []byte("a"), []byte("bc"))
	if a == b {
		t.Error("parts that join to the same bytes gave the same id")
	}
	if a != event.HashID(&s, []byte("ab"), []byte("c")) {
		t.Error("the same parts gave two ids")
	}
}
