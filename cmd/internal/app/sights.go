package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
)

// What the rules have seen is kept beside the positions, so that a restart does
// not make all of them blind again: the logs that were read before it are not
// read anew. It is written lazily: what a crash loses of it is seen again, or
// was hardly there.
const (
	spaceSights state.Space = "sights" // dataset, NUL, field → filled or not
	spaceSince  state.Space = "since"  // when the first of it was seen
)

// recallSights tells the rules what was seen before, and forgets what none of
// them asks for any more.
func (a *App) recallSights() error {
	set := a.rules.Load()
	var list []rules.Sight
	err := a.state.Scan(spaceSights, "", func(key string, v []byte) error {
		dataset, field, _ := strings.Cut(key, "\x00")
		list = append(list, rules.Sight{Dataset: dataset, Field: field, Filled: len(v) > 0 && v[0] == 1})
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what the rules have seen: %w", err)
	}
	since, err := a.state.Get(spaceSince, "")
	if err != nil {
		return fmt.Errorf("read what the rules have seen: %w", err)
	}
	if at, err := time.Parse(time.RFC3339Nano, string(since)); err == nil {
		set.Since = at
	}
	set.Recall(list)
	a.sights = map[rules.Sight]bool{}
	asked := map[rules.Sight]bool{}
	for _, x := range set.Sights() {
		asked[x] = true
	}
	b := a.state.NewBatch()
	for _, x := range list {
		if a.sights[x] = true; !asked[x] {
			delete(a.sights, x)
			b.Delete(spaceSights, x.Dataset+"\x00"+x.Field)
		}
	}
	if since == nil {
		b.Put(spaceSince, "", set.Since.UTC().AppendFormat(nil, time.RFC3339Nano))
	}
	return b.Commit(false)
}

// keepSights writes what is new of it. It is called by one goroutine at a time.
func (a *App) keepSights() {
	b, fresh := a.state.NewBatch(), 0
	for _, x := range a.rules.Load().Sights() {
		if a.sights[x] {
			continue
		}
		v := []byte{0}
		if x.Filled {
			v[0] = 1
		}
		delete(a.sights, rules.Sight{Dataset: x.Dataset, Field: x.Field})
		a.sights[x] = true
		b.Put(spaceSights, x.Dataset+"\x00"+x.Field, v)
		fresh++
	}
	if fresh == 0 {
		b.Discard()
		return
	}
	if err := b.Commit(false); err != nil && !errors.Is(err, state.ErrClosed) {
		clear(a.sights)
		a.o.Log.Warn("what the rules have seen was not kept: after a restart they seem to have seen less", "error", err)
	}
}
