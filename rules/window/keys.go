package window

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
)

// Spaces of the store. Their names are short because every key has one.
const (
	spaceRules  state.Space = "wr" // rule → ruleRecord
	spaceNotes  state.Space = "wn" // rule, group, time, id → value of a note, joined
	spaceEvents state.Space = "we" // the same → what an alert says of the event
	spaceGroups state.Space = "wg" // rule, group → the group's bytes
	spaceCases  state.Space = "wc" // rule, group, bucket, key → record
	spaceTexts  state.Space = "wx" // the same → what the last alert said
	spaceTimers state.Space = "wt" // rule, due, group, bucket, kind
	spaceMarks  state.Space = "wd" // rule, group → stretch to be judged
	spaceJust   state.Space = "wj" // number → the same of all that one commit changed
	spaceUntold state.Space = "wu" // rule, group, bucket, key: changed since it was told
	spaceSeen   state.Space = "ws" // epoch, second, id → rules that matched
	spaceCover  state.Space = "wo" // origin → stretches whose sums are added
	spaceOutbox state.Space = "wq" // number → alert
)

// groupKey is a rule's group: the rule's ordinal and a hash of what it counts by.
type groupKey struct {
	rule  uint32
	group uint64
}

// caseKey is one case.
type caseKey struct {
	groupKey
	bucket int64
	key    uint64 // hash of detect.Case.Key; 0: none
}

func hash(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8])
}

// appendTime appends a time so that order of bytes is order of time.
func appendTime(dst []byte, ns int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(ns)^1<<63)
}

func timeAt(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }

func (g groupKey) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, g.rule)
	return binary.BigEndian.AppendUint64(dst, g.group)
}

const groupSize = 12

func (g groupKey) compare(h groupKey) int {
	return cmp.Or(cmp.Compare(g.rule, h.rule), cmp.Compare(g.group, h.group))
}

func groupAt(b []byte) groupKey {
	return groupKey{binary.BigEndian.Uint32(b), binary.BigEndian.Uint64(b[4:])}
}

func (c caseKey) append(dst []byte) []byte {
	dst = appendTime(c.groupKey.append(dst), c.bucket)
	return binary.BigEndian.AppendUint64(dst, c.key)
}

func caseAt(b []byte) caseKey {
	return caseKey{groupAt(b), timeAt(b[groupSize:]), binary.BigEndian.Uint64(b[groupSize+8:])}
}

// appendNote is the key of a note.
func (g groupKey) appendNote(dst []byte, at int64, id event.ID) []byte {
	return append(appendTime(g.append(dst), at), id[:]...)
}

// timer is a moment on a rule's watermark.
type timer struct {
	rule   uint32
	due    int64
	group  uint64
	bucket int64
	kind   byte
}

// Kinds of timer.
const (
	closes = 'c' // the bucket is closed
	wakes  = 'w' // a rule asked to be asked again
)

func (t timer) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, t.rule)
	dst = binary.BigEndian.AppendUint64(appendTime(dst, t.due), t.group)
	return append(appendTime(dst, t.bucket), t.kind)
}

func timerAt(b []byte) timer {
	return timer{binary.BigEndian.Uint32(b), timeAt(b[4:]), binary.BigEndian.Uint64(b[12:]), timeAt(b[20:]), b[28]}
}

func ruleKey(rule uint32) []byte { return binary.BigEndian.AppendUint32(nil, rule) }
