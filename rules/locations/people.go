package locations

import (
	"bytes"
	"net/netip"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// people notes where people are seen. It belongs to one worker.
type people struct {
	get   getters
	world World
	batch batch
	// known remembers who is behind what recurs in records: a session's records
	// have the same by the thousand.
	known map[caller]*visitor
	// others are those parts of records whose caller is no person, by their hash:
	// most are.
	others event.Parts[bool]
	value  []byte
	group  []byte
	past   map[past]bool
}

// caller is what a visitor is known by: the part of a record that recurs, and the
// account, within which names that are no addresses are told apart.
type caller struct {
	part    uint64
	account string
}

// visitor is who came, from where and by what. One without a group is nobody
// whom the rule looks at.
type visitor struct {
	group []byte
	sighting
	// home is set where a machine uses the key that it was given at its own address.
	home bool
	// ends is the tail of the sighting, bare that of its address and device alone.
	ends, bare []byte
	// firstID and lastID are those of notes of the ends, once there was one.
	firstID, lastID event.ID
	recent          *seen
}

// newVisitor makes a visitor of what was seen; its notes are made of what is
// written here once.
func newVisitor(group []byte, x sighting) *visitor {
	bare := sighting{addr: x.addr, device: x.device}
	home := x.traits&instance != 0 && x.addr.IsPrivate()
	b := append(make([]byte, 0, len(group)+2*(tailLength+len(x.device))), group...)
	b = x.tail(b)
	b = bare.tail(b)
	n, m := len(group), len(group)+tailLength+len(x.device)
	return &visitor{group: b[:n:n], sighting: x, home: home, ends: b[n:m:m], bare: b[m:]}
}

// past is a network that a group used on a day.
type past struct {
	group string
	addr  netip.Addr
	day   int64
}

// maxKnown bounds what is remembered: whoever writes logs chooses identities.
const maxKnown = 1 << 12

func newPeople(schema event.Schema, world World) *people {
	return &people{get: newGetters(schema), world: world, batch: newBatch(), known: map[caller]*visitor{}, others: event.NewParts[bool](maxKnown), past: map[past]bool{}}
}

// Event implements detect.Observer. Most events are of services, machines and
// their like, and are told by what recurs in them.
func (p *people) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if p.isOther(ev, s) || ev.Time == 0 || p.refused(ev, s) {
		return
	}
	who := p.visitor(ev, s)
	if len(who.group) == 0 {
		return
	}
	if x := p.batch.see(who, align(ev.Time, stretch), ev, s); x != nil {
		out.AddShown(showing(who, ev.Time, x.id, &p.value), ev, s)
	}
}

// isOther reports whether no person called: a service, a machine, or somebody of
// whom no address is known.
func (p *people) isOther(ev *event.Event, s *event.Scratch) bool {
	other, known := p.others.At(p.get.part(ev, s))
	if known {
		return *other
	}
	_, session, _ := bytes.Cut(p.get.text(p.get.principal, ev, s), colon)
	*other = !isAddress(p.get.text(p.get.address, ev, s)) || bytes.HasPrefix(session, machine) || len(p.get.text(p.get.invokedBy, ev, s)) > 0
	return *other
}

var (
	colon   = []byte(":")
	machine = []byte("i-")
)

// isAddress tells an address from the name of a service, "AWS Internal" and the
// like by its first bytes: names of AWS hold neither digits in front nor colons.
func isAddress(b []byte) bool {
	return len(b) > 1 && (b[0] >= '0' && b[0] <= '9' || bytes.IndexByte(b, ':') > 0)
}

// refused reports whether a sign-in failed: whoever tries a password is not there
// as the person. A call that was refused was made by the person all the same.
func (p *people) refused(ev *event.Event, s *event.Scratch) bool {
	return string(p.get.text(p.get.provider, ev, s)) == "signin.amazonaws.com" &&
		string(p.get.text(p.get.outcome, ev, s)) == "failure"
}

// visitor finds who is behind an event. All that it depends on is in the key.
func (p *people) visitor(ev *event.Event, s *event.Scratch) *visitor {
	part, account := p.get.part(ev, s), p.get.text(p.get.account, ev, s)
	if v := p.known[caller{part, string(account)}]; v != nil {
		return v
	}
	if len(p.known) >= maxKnown {
		clear(p.known)
	}
	k := caller{part, string(account)}
	v := p.meet(ev, p.get.text(p.get.address, ev, s), s)
	p.known[k] = v
	return v
}

// meet makes a visitor of an event.
func (p *people) meet(ev *event.Event, address []byte, s *event.Scratch) *visitor {
	addr, err := netip.ParseAddr(string(address))
	if err != nil || addr.Zone() != "" {
		return &visitor{}
	}
	group := p.person(ev, s)
	if len(group) == 0 {
		return &visitor{}
	}
	x := p.get.sighting(ev, s)
	x.addr = addr.Unmap()
	return newVisitor(group, x)
}

// person is the group of the human behind an event, nil for none. Names are
// compared in lower case, and those that the studio file gives to one person are
// one. A name that is no e-mail address is only known within
// its account: two accounts may each have an admin.
//
// An id of Identity Center that no name comes with is left out: the role's
// session that follows such a sign-in has the name, and one person must not be two.
func (p *people) person(ev *event.Event, s *event.Scratch) []byte {
	person := p.get.text(p.get.person, ev, s)
	if len(person) == 0 || isID(person) {
		return nil
	}
	if p.world != nil {
		if login := p.world.Person(string(person)); login != "" {
			person = []byte(login)
		}
	}
	p.group = append(p.group[:0], bytes.ToLower(person[:min(len(person), 256)])...)
	if bytes.IndexByte(person, '@') < 0 {
		p.group = append(append(p.group, " in "...), p.get.text(p.get.account, ev, s)...)
	}
	return p.group
}

// isID reports whether a name is an id: hexadecimal and dashes, as user ids of
// Identity Center are.
func isID(name []byte) bool {
	if len(name) < 20 {
		return false
	}
	for _, c := range name {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') && c != '-' {
			return false
		}
	}
	return true
}

// Flush implements detect.Observer.
func (p *people) Flush(out *detect.Notes) {
	for _, x := range p.batch.list {
		x.note(out, &p.value)
		p.remember(x, out)
	}
	p.batch.reset()
	clear(p.past)
}

// remember notes the use of a network for the days to come.
func (p *people) remember(x *seen, out *detect.Notes) {
	on := past{string(x.who.group), prefix(x.who.addr).Addr(), align(x.stands, day)}
	if p.past[on] {
		return
	}
	p.past[on] = true
	h := sighting{addr: on.addr, session: uint64(on.day)}
	tail := h.tail(nil)
	stands := align(on.day, habitStride)
	for range habitStrides {
		stands += int64(habitStride)
		out.Add(note([]byte(on.group), habit, stands, 0, tail, &p.value))
	}
}
