package s3

import (
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/state"
)

// note is what is known of a message that was given back: without it, nine
// objects that are settled would be read again each time that the tenth fails.
// Parts of a message are numbered as notification lists them.
type note struct {
	First   int64          `json:"first"`             // of its failures, Unix time
	Fails   int            `json:"fails,omitempty"`   // of the message, for whatever reason
	Settled map[int]bool   `json:"settled,omitempty"` // parts
	Tries   map[int]int    `json:"tries,omitempty"`   // of parts, those that count
	Reasons map[int]string `json:"reasons,omitempty"` // of parts, the last
}

// notes are by message id. They are written lazily: one that is lost in a crash costs
// reading again, and another try.
type notes struct {
	store *state.Store
	space state.Space
	log   *slog.Logger
	// none says that there is no note at all, as nearly always: the store need not
	// be asked for each message.
	none atomic.Bool
}

const notePrefix = "message/"

// forgetNotes is longer than SQS keeps any message.
const forgetNotes = 15 * 24 * time.Hour

func newNotes(store *state.Store, source string, log *slog.Logger) *notes {
	return &notes{store: store, space: state.Source(source), log: log}
}

// get returns the note of a message, nil if nothing is known of it.
func (n *notes) get(id string) *note {
	if n.none.Load() {
		return nil
	}
	b, err := n.store.Get(n.space, notePrefix+id)
	if err == nil && b != nil {
		x := &note{}
		if err = json.Unmarshal(b, x); err == nil {
			return x
		}
	}
	if err != nil {
		n.log.Error("what was noted of a message cannot be read: all of it is read again", "message", id, "error", err)
	}
	return nil
}

func (n *notes) put(id string, x note) {
	n.none.Store(false)
	b, err := json.Marshal(x)
	if err == nil {
		err = n.store.Put(n.space, notePrefix+id, b)
	}
	n.wrote(err)
}

func (n *notes) remove(id string) {
	n.wrote(n.store.Delete(n.space, notePrefix+id))
}

func (n *notes) wrote(err error) {
	if err != nil {
		n.log.Error("what became of a message is not noted: it is read again", "error", err)
	}
}

// forget drops the notes of messages that no queue can hold any more: another
// reader, or the queue itself, has dealt with them. Nobody puts any meanwhile.
func (n *notes) forget(now time.Time) {
	var old []string
	kept := 0
	err := n.store.Scan(n.space, notePrefix, func(key string, value []byte) error {
		var x note
		if json.Unmarshal(value, &x) != nil || now.Sub(time.Unix(x.First, 0)) > forgetNotes {
			old = append(old, key)
		} else {
			kept++
		}
		return nil
	})
	for _, key := range old {
		if err == nil {
			err = n.store.Delete(n.space, key)
		}
	}
	n.wrote(err)
	n.none.Store(kept == 0 && err == nil)
}
