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
	known map[string]*visitor
	key   []byte
	value []byte
}

func newKeys(schema event.Schema) *keys {
	return &keys{get: newGetters(schema), batch: newBatch(), known: map[string]*visitor{}}
}

var temporary = []byte("ASIA")

// Event implements detect.Observer.
func (k *keys) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	key := k.get.text(k.get.accessKey, ev, s)
	if !bytes.HasPrefix(key, temporary) || len(key) > 64 || ev.Time == 0 {
		return
	}
	address := k.get.text(k.get.address, ev, s)
	if !isAddress(address) || len(k.get.text(k.get.invokedBy, ev, s)) > 0 {
		return
	}
	k.key = append(append(append(append(append(k.key[:0], key...), 0), address...), 0), k.get.text(k.get.agent, ev, s)...)
	who := k.known[string(k.key)]
	if who == nil {
		who = k.visitor(ev, key, address, s)
	}
	if len(who.group) == 0 {
		return
	}
	stands := align(ev.Time, keyStretch)
	if who.home() {
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

// home reports whether a machine uses the key that it was given at its own
// address.
func (v *visitor) home() bool { return v.traits&instance != 0 && v.addr.IsPrivate() }

func (k *keys) visitor(ev *event.Event, key, address []byte, s *event.Scratch) *visitor {
	if len(k.known) >= maxKnown {
		clear(k.known)
	}
	who := &visitor{}
	if addr, err := netip.ParseAddr(string(address)); err == nil && addr.Zone() == "" {
		x := k.get.sighting(ev, s)
		x.addr = addr.Unmap()
		_, name, _ := bytes.Cut(k.get.text(k.get.principal, ev, s), colon)
		if bytes.HasPrefix(name, machine) || k.get.text(k.get.delivery, ev, s) != nil {
			x.traits |= instance
		}
		who = newVisitor(key, x)
	}
	k.known[string(k.key)] = who
	return who
}

// Flush implements detect.Observer.
func (k *keys) Flush(out *detect.Notes) {
	for _, x := range k.batch.list {
		if x.who.home() {
			out.Add(note(x.who.group, present, x.stands, 0, x.who.ends, &k.value))
		} else {
			x.note(out, &k.value)
		}
	}
	k.batch.reset()
}
