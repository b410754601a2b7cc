package cloudwatchlogs

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
)

// In the store a group has a key for when it was met, one for each lane's
// record, and one for each event that a lane remembers. All are written lazily:
// what a crash takes is the last, and costs reading again.

// birth is what is kept of a group as a whole.
type birth struct {
	Born int64 `json:"born"`
}

func (g *group) key(parts ...string) string {
	return strings.Join(append([]string{g.account, g.region, g.name}, parts...), "\x00") + "\x00"
}

const (
	keyLane = "lane"
	keySeen = "seen"
	keyFill = "fill" // the fill lane's name
)

// load reads what the store knows of the group; false where it does not know it.
func (g *group) load() (known bool, err error) {
	if g.store == nil {
		return false, nil
	}
	v, err := g.store.Get(g.space, g.key())
	if err != nil || v == nil {
		return false, err
	}
	var b birth
	if err := json.Unmarshal(v, &b); err != nil {
		return false, fmt.Errorf("what is kept of %s cannot be read: %w", g, err)
	}
	g.born = b.Born
	records, err := g.records()
	if err != nil {
		return false, err
	}
	for _, l := range g.lanes {
		r, ok := records[l.name]
		if !ok {
			return true, g.change(records)
		}
		l.record = r
		if err := g.loadSeen(l); err != nil {
			return false, err
		}
	}
	return true, nil
}

// records are the lanes' records, by their names.
func (g *group) records() (map[string]record, error) {
	list, prefix := map[string]record{}, g.key(keyLane)
	err := g.store.Scan(g.space, prefix, func(key string, value []byte) error {
		var r record
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("the position %q of %s cannot be read: %w", key, g, err)
		}
		list[strings.TrimSuffix(key[len(prefix):], "\x00")] = r
		return nil
	})
	return list, err
}

// change begins with other lanes than those that there were: other options share
// events out in another way. All begin where the one that was furthest behind
// stood: some events are delivered again, and none are lost.
func (g *group) change(records map[string]record) error {
	floor := int64(math.MaxInt64)
	for name, r := range records {
		if name != keyFill {
			floor = min(floor, r.Floor)
		}
	}
	b := g.store.NewBatch()
	for _, kind := range []string{keyLane, keySeen} {
		b.Clear(g.space, g.key(kind))
	}
	for _, l := range g.lanes {
		l.record = record{Floor: floor}
		if l.fill {
			l.record = records[keyFill]
		}
		if err := g.putRecord(b, l); err != nil {
			return err
		}
	}
	g.src.env.Log.Warn("overlap or late has changed: what came since is delivered again, under the same ids", "group", g.String(), "since", time.UnixMilli(floor).UTC())
	return b.Commit(true)
}

func (g *group) loadSeen(l *lane) error {
	prefix := g.key(keySeen, l.name)
	return g.store.Scan(g.space, prefix, func(key string, value []byte) error {
		if len(key) == len(prefix)+24 && len(value) == 8 {
			at := binary.BigEndian.Uint64([]byte(key[len(prefix):][:8]))
			l.seen[event.ID([]byte(key[len(prefix)+8:]))] = stamp{int64(at), int64(binary.BigEndian.Uint64(value))}
		}
		return nil
	})
}

// keepBirth keeps that the group was met, before anything of it is handed on.
func (g *group) keepBirth() error {
	if g.store == nil {
		return nil
	}
	b := g.store.NewBatch()
	v, err := json.Marshal(birth{g.born})
	if err != nil {
		return err
	}
	b.Put(g.space, g.key(), v)
	for _, l := range g.lanes {
		if err := g.putRecord(b, l); err != nil {
			return err
		}
	}
	return b.Commit(true)
}

func (g *group) putRecord(b *state.Batch, l *lane) error {
	v, err := json.Marshal(l.record)
	if err == nil {
		b.Put(g.space, g.key(keyLane, l.name), v)
	}
	return err
}

func (g *group) seenKey(l *lane, id event.ID, at int64) string {
	k := binary.BigEndian.AppendUint64([]byte(g.key(keySeen, l.name)), uint64(at))
	return string(append(k, id[:]...))
}

// keepSeen keeps that events were delivered.
func (g *group) keepSeen(marks []mark) error {
	if g.store == nil {
		return nil
	}
	b := g.store.NewBatch()
	for i := range marks {
		m := &marks[i]
		b.Put(g.space, g.seenKey(m.lane, m.id, m.at), binary.BigEndian.AppendUint64(nil, uint64(m.taken)))
	}
	return b.Commit(false)
}

// keepPassed keeps a lane's record, and forgets the events that it need not know
// any more. The caller holds the lock.
func (g *group) keepPassed(l *lane) error {
	var b *state.Batch
	if g.store != nil {
		b = g.store.NewBatch()
		if err := g.putRecord(b, l); err != nil {
			return err
		}
	}
	for id, s := range l.seen {
		if !l.stale(s) {
			continue
		}
		delete(l.seen, id)
		if b != nil {
			b.Delete(g.space, g.seenKey(l, id, s.at))
		}
	}
	if b == nil {
		return nil
	}
	return b.Commit(false)
}
