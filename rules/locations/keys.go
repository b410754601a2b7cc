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
	known map[string]*visitor
	seen  map[seenKey]*seen
	list  []*seen
	key   []byte
	value []byte
}

func newKeys(schema event.Schema) *keys {
	return &keys{get: newGetters(schema), known: map[string]*visitor{}, seen: map[seenKey]*seen{}}
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
	if who.group == "" {
		return
	}
	x := k.seen[seenKey{who, align(ev.Time, keyStretch)}]
	if x == nil {
		x = &seen{seenKey: seenKey{who, align(ev.Time, keyStretch)}, first: ev.Time, last: ev.Time}
		k.seen[x.seenKey] = x
		k.list = append(k.list, x)
	} else if ev.Time > x.first || ev.Time == x.first && who.addr.IsPrivate() {
		x.last = max(x.last, ev.Time)
		return
	}
	k.began(x, ev, s, out)
}

// began notes what an alert would show. What is used at home, within the
// studio's networks, is never the half of it that somebody has to see.
func (k *keys) began(x *seen, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if x.who.addr.IsPrivate() {
		x.first = ev.Time
		return
	}
	id := ev.Schema.ID(ev, s)
	if ev.Time == x.first && x.id != (event.ID{}) && bytes.Compare(id[:], x.id[:]) >= 0 {
		return
	}
	x.first, x.id = ev.Time, id
	n := showing([]byte(x.who.group), ev.Time, id, &x.who.sighting, &k.value)
	n.Event = out.Evidence(ev, s)
	out.Add(n)
}

func (k *keys) visitor(ev *event.Event, key, address []byte, s *event.Scratch) *visitor {
	if len(k.known) >= maxKnown {
		clear(k.known)
	}
	who := &visitor{}
	k.known[string(k.key)] = who
	addr, err := netip.ParseAddr(string(address))
	if err != nil || addr.Zone() != "" {
		return who
	}
	who.addr, who.group = addr.Unmap(), string(key)
	k.get.sighting(&who.sighting, ev, s)
	_, name, _ := bytes.Cut(k.get.text(k.get.principal, ev, s), colon)
	if bytes.HasPrefix(name, machine) || k.get.text(k.get.delivery, ev, s) != nil {
		who.traits |= instance
	}
	return who
}

// Flush implements detect.Observer.
func (k *keys) Flush(out *detect.Notes) {
	for _, x := range k.list {
		group, tail := []byte(x.who.group), x.who.tail(nil)
		out.Add(note(group, firstSeen, x.stands, x.first, tail, &k.value))
		out.Add(note(group, lastSeen, x.stands, ^x.last, tail, &k.value))
	}
	k.list = k.list[:0]
	clear(k.seen)
}
