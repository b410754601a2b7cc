package locations

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// people notes where people are seen. It belongs to one worker.
type people struct {
	get   getters
	world World
	// known remembers who is behind an identity as it stands in records: a
	// session's records have the same one by the thousand.
	known map[string]*visitor
	seen  map[seenKey]*seen
	list  []*seen // in the order of arrival, for Flush
	key   []byte
	value []byte
	group []byte
}

// visitor is who came, from where and by what. One without a group is nobody
// whom the rule looks at.
type visitor struct {
	group string
	sighting
}

// seenKey is a visitor within one stretch.
type seenKey struct {
	who    *visitor
	stands int64
}

// seen is what one batch has of it.
type seen struct {
	seenKey
	first, last int64
	id          event.ID // of the first
}

// maxKnown bounds what is remembered: whoever writes logs chooses identities.
const maxKnown = 1 << 13

func newPeople(schema event.Schema, world World) *people {
	return &people{get: newGetters(schema), world: world, known: map[string]*visitor{}, seen: map[seenKey]*seen{}}
}

// Event implements detect.Observer. Most events are of services, machines and
// their like, and are told by the first bytes of their address or principal.
func (p *people) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	address := p.get.text(p.get.address, ev, s)
	if !isAddress(address) || ev.Time == 0 {
		return
	}
	if _, session, _ := bytes.Cut(p.get.text(p.get.principal, ev, s), colon); bytes.HasPrefix(session, machine) {
		return
	}
	if len(p.get.text(p.get.invokedBy, ev, s)) > 0 || p.refused(ev, s) {
		return
	}
	who := p.visitor(ev, address, s)
	if who.group == "" {
		return
	}
	k := seenKey{who, align(ev.Time, stretch)}
	x := p.seen[k]
	switch {
	case x == nil:
		x = &seen{seenKey: k, first: ev.Time, last: ev.Time, id: ev.Schema.ID(ev, s)}
		p.seen[k] = x
		p.list = append(p.list, x)
	case ev.Time > x.first:
		x.last = max(x.last, ev.Time)
		return
	default:
		id := ev.Schema.ID(ev, s)
		if ev.Time == x.first && bytes.Compare(id[:], x.id[:]) >= 0 {
			return
		}
		x.first, x.id = ev.Time, id
	}
	n := showing([]byte(who.group), ev.Time, x.id, &who.sighting, &p.value)
	n.Event = out.Evidence(ev, s)
	out.Add(n)
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

// visitor finds who is behind an event. Everything that it depends on is in the
// key, but for sign-ins to Identity Center, which are looked at one by one.
func (p *people) visitor(ev *event.Event, address []byte, s *event.Scratch) *visitor {
	p.key = p.key[:0]
	for _, g := range p.get.identity {
		p.key = append(append(p.key, p.get.text(g, ev, s)...), 0)
	}
	if v := p.known[string(p.key)]; v != nil {
		return v
	}
	if len(p.known) >= maxKnown {
		clear(p.known)
	}
	v := p.meet(ev, address, s)
	p.known[string(p.key)] = v
	return v
}

// meet makes a visitor of an event.
func (p *people) meet(ev *event.Event, address []byte, s *event.Scratch) *visitor {
	v := &visitor{}
	addr, err := netip.ParseAddr(string(address))
	if err != nil || addr.Zone() != "" {
		return v
	}
	v.addr = addr.Unmap()
	v.group = p.person(ev, s)
	p.get.sighting(&v.sighting, ev, s)
	return v
}

// person is the group of the human behind an event, "" for none. Names are
// compared in lower case, and those that the studio file gives to one person are
// one. A name that is no e-mail address is only known within
// its account: two accounts may each have an admin.
//
// An id of Identity Center that no name comes with is left out: the role's
// session that follows such a sign-in has the name, and one person must not be two.
func (p *people) person(ev *event.Event, s *event.Scratch) string {
	person := p.get.text(p.get.person, ev, s)
	if len(person) == 0 || isID(person) {
		return ""
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
	return string(p.group)
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
	for _, x := range p.list {
		group, tail := []byte(x.who.group), x.who.tail(nil)
		out.Add(note(group, firstSeen, x.stands, x.first, tail, &p.value))
		out.Add(note(group, lastSeen, x.stands, ^x.last, tail, &p.value))
		p.remember(x, out)
	}
	p.list = p.list[:0]
	clear(p.seen)
}

// remember notes the use of an address for the days to come.
func (p *people) remember(x *seen, out *detect.Notes) {
	on := align(x.stands, day)
	h := sighting{addr: prefix(x.who.addr).Addr(), session: uint64(on)}
	tail := h.tail(nil)
	for i := range habitDays {
		out.Add(note([]byte(x.who.group), habit, on+int64(i+1)*int64(day), 0, tail, &p.value))
	}
}

// getters read what both observers need of CloudTrail.
type getters struct {
	address, principal, invokedBy, provider, outcome event.Getter
	person, account, name, system, agent             event.Getter
	accessKey, created, delivery                     event.Getter
	identity                                         []event.Getter
	values                                           *[]event.Value
}

func newGetters(schema event.Schema) getters {
	g := getters{
		address: schema.Getter("sourceIPAddress"), principal: schema.Getter("userIdentity.principalId"), invokedBy: schema.Getter("userIdentity.invokedBy"),
		provider: schema.Getter("eventSource"), outcome: schema.Getter("event.outcome"), person: schema.Getter("studio.identity.person"),
		account: schema.Getter("cloud.account.id"), name: schema.Getter("user_agent.name"), system: schema.Getter("user_agent.os.name"),
		agent: schema.Getter("userAgent"), accessKey: schema.Getter("userIdentity.accessKeyId"), delivery: schema.Getter("userIdentity.sessionContext.ec2RoleDelivery"),
		created: schema.Getter("userIdentity.sessionContext.attributes.creationDate"), values: new([]event.Value),
	}
	g.identity = []event.Getter{
		schema.Getter("userIdentity"), g.address, g.agent, schema.Getter("eventType"), schema.Getter("sessionCredentialFromConsole"),
		schema.Getter("recipientAccountId"), schema.Getter("additionalEventData.UserName"),
	}
	return g
}

// text is the first value of a field as text, good until the scratch is reset.
func (g *getters) text(from event.Getter, ev *event.Event, s *event.Scratch) []byte {
	if from == nil {
		return nil
	}
	*g.values = from.Append((*g.values)[:0], ev, s)
	if len(*g.values) == 0 {
		return nil
	}
	v := (*g.values)[0]
	if v.Kind == event.Escaped && bytes.IndexByte(v.Bytes, '\\') >= 0 {
		return event.AppendUnescaped(s.Alloc(len(v.Bytes)), v.Bytes)
	}
	if v.Kind == event.Bool && v.Num != 0 {
		return yes
	}
	return v.Bytes
}

var yes = []byte("true")

// sighting fills in what is constant in an identity's records.
func (g *getters) sighting(x *sighting, ev *event.Event, s *event.Scratch) {
	agent := g.text(g.agent, ev, s)
	x.device = newDevice(g.text(g.name, ev, s), g.text(g.system, ev, s))
	if x.device != "" {
		x.build = uint16(xxhash.Sum64(agent))
	}
	key := g.text(g.accessKey, ev, s)
	if bytes.HasPrefix(key, []byte("AKIA")) {
		x.traits |= longTerm
	}
	if bytes.Contains(agent, []byte("exec-env/CloudShell")) {
		x.traits |= cloudShell
	}
	x.session = g.session(key, ev, s)
}

// session tells sessions apart; 0 is none that is known. Pages of the console each get a key of their
// own, but all have the role's session and the moment at which it began.
func (g *getters) session(key []byte, ev *event.Event, s *event.Scratch) uint64 {
	created := g.text(g.created, ev, s)
	if len(created) == 0 && len(key) == 0 {
		return 0
	}
	if len(created) == 0 || bytes.HasPrefix(key, []byte("AKIA")) {
		return xxhash.Sum64(key)
	}
	var h xxhash.Digest
	h.Reset()
	h.Write(g.text(g.principal, ev, s)) //nolint:errcheck // into memory
	h.Write(colon)                      //nolint:errcheck // likewise
	h.Write(created)                    //nolint:errcheck // likewise
	return binary.BigEndian.Uint64(h.Sum(nil))
}
