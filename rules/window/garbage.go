package window

import (
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/state"
)

// collectEvery is how often what nobody will ask for is removed, in hours.
const collectEvery = 6

// collectGarbage removes old epochs of seen events, origins not read for long,
// and cases of single matches that nothing was added to for as long. That they
// cannot be removed now harms nothing, and is tried again.
func (e *Engine) collectGarbage() {
	now := hours(e.o.Now().UnixNano())
	if e.o.AtEnd || now < e.garbage+collectEvery {
		return
	}
	e.garbage = now
	b := e.store.NewBatch()
	old := binary.BigEndian.AppendUint32(nil, e.epoch()-1)
	b.ClearRange(spaceSeen, nil, old)
	err := e.store.Range(spaceCover, nil, nil, func(key, v []byte) error {
		if _, touched := readCover(v); touched < now-maxCoverAge {
			b.Delete(spaceCover, string(key))
		}
		return nil
	})
	if err == nil {
		err = e.oldTallies(b, now)
	}
	if err != nil {
		b.Discard()
	} else {
		err = b.Commit(false)
	}
	if err != nil {
		e.o.Log.Warn("old state of rules is not removed", "error", err)
	}
}

func (e *Engine) oldTallies(b *state.Batch, now int64) error {
	rs := e.rules.Load()
	return e.store.Range(spaceCases, nil, nil, func(key, v []byte) error {
		k := caseAt(key)
		if rs.by[k.rule] != nil {
			return nil
		}
		rec, err := readRecord(v)
		if _, waits := e.untold[k]; err == nil && !waits && rec.touched < now-maxCoverAge {
			b.Delete(spaceCases, string(key))
			b.Delete(spaceTexts, string(key))
			delete(e.tallies, k)
		}
		return err
	})
}
