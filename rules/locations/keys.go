package locations

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// keyStretch is the length of time that a note of a key stands for. It is an
// hour, because every render node has a key and uses it all the time.
const keyStretch = time.Hour

// keys notes where temporary access keys are used. It belongs to one worker.
type keys struct {
	get   getters
	batch batch
	known event.Parts[holder]
	round uint64 // counts batches, for holders
	value []byte
}

// holder is who holds a key, and, of one at home, the stretch and batch in which
// that was last noted: nodes by the thousand are at home all day, and cost no more
// than to see that.
type holder struct {
	*visitor
	stands int64
	round  uint64
}

func newKeys(schema event.Schema) *keys {
	return &keys{get: newGetters(schema), batch: newBatch(), known: event.NewParts[holder](maxKnown), round: 1}
}

var temporary = []byte("ASIA")

// Event implements detect.Observer. Everything that makes a visitor is in the part
// of a record that recurs.
func (k *keys) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	at, known := k.known.At(k.get.part(ev, s))
	if !known {
		*at = holder{visitor: k.visitor(ev, s)}
	}
	who := at.visitor
	if who == nobody || ev.Time == 0 || at.round == k.round && ev.Time >= at.stands && ev.Time < at.stands+int64(keyStretch) {
		return
	}
	stands := align(ev.Time, keyStretch)
	if who.home {
		at.stands, at.round = stands, k.round
		// What a machine does at home is never the half that somebody has to see.
		if k.batch.at(who, stands) == nil {
			k.batch.begin(seenKey{who, stands})
		}
		return
	}
	if x := k.batch.see(who, stands, ev, s); x != nil {
		out.AddShown(showing(who, ev.Time, x.id, &k.value), ev, s)
	}
}

// nobody is a visitor whom no rule looks at.
var nobody = &visitor{}

func (k *keys) visitor(ev *event.Event, s *event.Scratch) *visitor {
	key, address := k.get.text(k.get.accessKey, ev, s), k.get.text(k.get.address, ev, s)
	if !bytes.HasPrefix(key, temporary) || len(key) > 64 || !isAddress(address) || len(k.get.text(k.get.invokedBy, ev, s)) > 0 {
		return nobody
	}
	addr, err := netip.ParseAddr(string(address))
	if err != nil || addr.Zone() != "" {
		return nobody
	}
	x := k.get.sighting(ev, s)
	x.addr = addr.Unmap()
	_, name, _ := bytes.Cut(k.get.text(k.get.principal, ev, s), colon)
	if bytes.HasPrefix(name, machine) || k.get.text(k.get.delivery, ev, s) != nil {
		x.traits |= instance
	}
	return newVisitor(key, x)
}

// Flush implements detect.Observer.
func (k *keys) Flush(out *detect.Notes) {
	for _, x := range k.batch.list {
		if x.who.home {
			out.Add(x.who.note(present, x.stands, 0, &k.value))
		} else {
			x.note(out, &k.value)
		}
	}
	k.batch.reset()
	k.round++
}
