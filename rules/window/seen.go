package window

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// The events that matched, each with the rules that it matched: so a repeat
// adds nothing to a count, by whatever way it comes, and a rule that was added
// since still counts it. They are kept by the time of our clock at which they
// came, in epochs of two days, of which two are known: a repeat is told for two
// to four days. Within an epoch they lie in the order of event time, so that
// what is looked up together lies together.
const epoch = 48 * time.Hour

// seenKey is an event: its second and half of its delivery id.
type seenKey struct {
	second uint32
	id     uint64
}

func seenOf(at int64, id event.ID) seenKey {
	return seenKey{uint32(at / 1e9), binary.BigEndian.Uint64(id[:])}
}

func (k seenKey) append(dst []byte, epoch uint32) []byte {
	dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, epoch), k.second)
	return binary.BigEndian.AppendUint64(dst, k.id)
}

func (e *Engine) epoch() uint32 { return uint32(e.o.Now().UnixNano() / int64(epoch)) }

// seen are the rules that an event is known to have matched.
func (tx *change) seen(k seenKey) ([]uint32, error) {
	if list, ok := tx.seenNow[k]; ok {
		return list, nil
	}
	if i, ok := tx.e.held.get(k); ok {
		return tx.e.lists[i], nil
	}
	var list []uint32
	if tx.e.o.AtEnd && !tx.e.spilled.seen {
		return nil, nil
	}
	for _, ep := range []uint32{tx.epoch, tx.epoch - 1} {
		v, err := tx.e.store.Get(spaceSeen, string(k.append(nil, ep)))
		if err != nil {
			return nil, err
		}
		if list = readOrdinals(list, v); len(list) > 0 {
			break
		}
	}
	return list, nil
}

// see adds rules to those of an event.
func (tx *change) see(k seenKey, list []uint32) {
	if tx.e.o.AtEnd {
		tx.hold(k, list)
		return
	}
	tx.seenNow[k] = list
	tx.put(k, list)
}

// heldSize is what an event that is remembered in memory takes of Options.Memory:
// 16 bytes of a table that is at least three eighths full, and its part of the
// lists. Most scans never get to the 200,000 that DefaultMemory has room for.
const heldSize = 80

// hold remembers an event in memory. Events that matched the same rules share
// one list of them.
func (tx *change) hold(k seenKey, list []uint32) {
	e := tx.e
	e.name = e.name[:0]
	for _, r := range list {
		e.name = binary.AppendUvarint(e.name, uint64(r))
	}
	i, ok := e.listOf[string(e.name)]
	if !ok {
		i = uint32(len(e.lists))
		e.lists = append(e.lists, slices.Clone(list))
		e.listOf[string(e.name)] = i
	}
	e.held.set(k, i)
}

// spillSeen puts the events that are remembered in memory into the store when they
// are too many. It is done between commits: what a commit has put there is not
// found before its end.
func (e *Engine) spillSeen() error {
	if most := e.o.Memory / heldSize; e.held.n <= most && len(e.lists) <= most/10+1 {
		return nil
	}
	tx := e.begin()
	for k, i := range e.held.all() {
		tx.put(k, e.lists[i])
	}
	e.clearHeld()
	e.spilled.seen = true
	return tx.b.Commit(false)
}

// spilled tells what an engine that tells at the end put into the store because it
// was too much for memory.
type spilled struct{ seen, notes, cases bool }

func (e *Engine) clearHeld() {
	e.held, e.listOf, e.lists = held{}, map[string]uint32{}, nil
}

func (tx *change) put(k seenKey, list []uint32) {
	var v []byte
	for _, r := range list {
		v = binary.AppendUvarint(v, uint64(r))
	}
	tx.b.Put(spaceSeen, string(k.append(nil, tx.epoch)), v)
}

func readOrdinals(list []uint32, v []byte) []uint32 {
	for len(v) > 0 {
		x, n := binary.Uvarint(v)
		if n <= 0 {
			break
		}
		list, v = append(list, uint32(x)), v[n:]
	}
	return list
}

// count adds what a batch found to its cases, each match of an event once.
func (tx *change) count(f *Found) error {
	cases := make([]*tally, len(f.cases))
	for i := range f.cases {
		t, err := tx.e.tally(&f.cases[i])
		if err != nil {
			return err
		}
		cases[i] = t
		tx.say(t, &f.cases[i])
	}
	for i := range f.matches {
		m := &f.matches[i]
		k := seenOf(m.at, m.id)
		list, err := tx.seen(k)
		if err != nil {
			return err
		}
		before := len(list)
		for _, h := range f.hits[m.from:m.to] {
			if slices.Contains(list, h.rule) {
				continue
			}
			list = append(list, h.rule)
			tx.add(cases[h.in], m.at)
		}
		if len(list) > before {
			tx.see(k, list)
		}
	}
	return nil
}
