package window

import (
	"bytes"
	"encoding/binary"
	"math"
)

// What is to be judged again is marked in the store, together with the notes that
// ask for it, so that a crash in between is made good. Nearly all of it is judged
// within the same Commit or soon after (Options.Pace). So the marks of one commit
// are one value, and those of all commits are deleted when it is judged: a mark for
// each group, put and deleted again, would be most of what the store has to write
// and to order. Groups that wait longer have a mark of their own.

// mark has a stretch of a group judged.
func (tx *change) mark(g groupKey, name []byte, from, to int64) {
	d := tx.e.dirty[g]
	if d == nil {
		d = &dirty{from: math.MaxInt64, to: math.MinInt64, since: tx.now, name: bytes.Clone(name)} // it may wait for long
		tx.e.dirty[g] = d
	}
	d.notes++
	d.from, d.to = min(d.from, from), max(d.to, to)
	tx.e.oldest = min(tx.e.oldest, d.since)
	if !d.changed {
		d.changed = true
		tx.changed = append(tx.changed, g)
	}
}

// markSize is that of one stretch in the value of spaceJust.
const markSize = groupSize + 16

// markJust marks, in one value, all that this commit changed and that has no mark
// of its own.
func (tx *change) markJust() {
	var list []byte
	for _, g := range tx.changed {
		d := tx.e.dirty[g]
		d.changed = false
		if d.marked != d.stretch() {
			list = d.append(g.append(list))
		}
	}
	if len(list) > 0 {
		key := string(binary.BigEndian.AppendUint64(nil, uint64(len(tx.e.just))))
		tx.b.Put(spaceJust, key, list)
		tx.e.just = append(tx.e.just, key)
	}
}

// keepMarks gives groups that wait on a mark of their own.
func (tx *change) keepMarks() {
	for g, d := range tx.e.dirty {
		if d.marked != d.stretch() {
			d.marked = d.stretch()
			tx.b.Put(spaceMarks, string(g.append(nil)), d.append(nil))
		}
	}
	for _, key := range tx.e.just {
		tx.b.Delete(spaceJust, key)
	}
	tx.e.just = nil
}

func (d *dirty) stretch() stretch { return stretch{d.from, d.to} }

func (d *dirty) append(dst []byte) []byte { return appendTime(appendTime(dst, d.from), d.to) }

// findMarks reads what an earlier process left to be judged.
func (e *Engine) findMarks(now int64) error {
	err := e.store.Range(spaceMarks, nil, nil, func(key, v []byte) error {
		s := stretch{timeAt(v), timeAt(v[8:])}
		e.dirty[groupAt(key)] = &dirty{from: s.from, to: s.to, since: now, marked: s}
		return nil
	})
	if err != nil {
		return err
	}
	e.just = nil
	return e.store.Range(spaceJust, nil, nil, func(key, list []byte) error {
		e.just = append(e.just, string(key))
		e.findJust(list, now)
		return nil
	})
}

// findJust takes in the marks of one commit.
func (e *Engine) findJust(list []byte, now int64) {
	for ; len(list) >= markSize; list = list[markSize:] {
		g, from, to := groupAt(list), timeAt(list[groupSize:]), timeAt(list[groupSize+8:])
		d := e.dirty[g]
		if d == nil {
			d = &dirty{from: from, to: to, since: now}
			e.dirty[g] = d
		}
		d.from, d.to = min(d.from, from), max(d.to, to)
	}
}
