package locations

import (
	"bytes"
	"hash/maphash"

	"github.com/cespare/xxhash/v2"

	"github.com/burstwatch/burstwatch/internal/event"
)

// getters read what both observers need of CloudTrail.
type getters struct {
	address, principal, invokedBy, provider, outcome event.Getter
	person, account, name, system, agent             event.Getter
	accessKey, created, delivery                     event.Getter
	values                                           *[]event.Value
	devices                                          map[string]program // by user agent
	recurring                                        event.Recurring
}

// program is what a user agent says.
type program struct {
	device device
	build  uint16
}

const personName = "studio.identity.person"

func newGetters(schema event.Schema) getters {
	recurring, ok := schema.(event.Recurring)
	if ok && !recurring.Recurs(personName) {
		recurring = nil
	}
	g := getters{
		recurring: recurring,
		address:   schema.Getter("sourceIPAddress"), principal: schema.Getter("userIdentity.principalId"), invokedBy: schema.Getter("userIdentity.invokedBy"),
		provider: schema.Getter("eventSource"), outcome: schema.Getter("event.outcome"), person: schema.Getter(personName),
		account: schema.Getter("cloud.account.id"), name: schema.Getter("user_agent.name"), system: schema.Getter("user_agent.os.name"),
		agent: schema.Getter("userAgent"), accessKey: schema.Getter("userIdentity.accessKeyId"), delivery: schema.Getter("userIdentity.sessionContext.ec2RoleDelivery"),
		created: schema.Getter("userIdentity.sessionContext.attributes.creationDate"), values: new([]event.Value),
		devices: map[string]program{},
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

// part is a hash of all that tells who came, from where and with what. Where the
// schema knows nothing of what recurs it is that of the whole record.
func (g *getters) part(ev *event.Event, s *event.Scratch) uint64 {
	if g.recurring == nil {
		return maphash.Bytes(wholeSeed, ev.Record)
	}
	return s.Recurring(g.recurring, ev)
}

var wholeSeed = maphash.MakeSeed()

// sighting is what is constant in an identity's records, but for the address.
func (g *getters) sighting(ev *event.Event, s *event.Scratch) (x sighting) {
	agent := g.text(g.agent, ev, s)
	p := g.program(agent, ev, s)
	x.device, x.build = p.device, p.build
	key := g.text(g.accessKey, ev, s)
	if bytes.HasPrefix(key, []byte("AKIA")) {
		x.traits |= longTerm
	}
	if bytes.Contains(agent, []byte("exec-env/CloudShell")) {
		x.traits |= cloudShell
	}
	x.session = g.session(key, ev, s)
	return x
}

// program is what a user agent says. There are far fewer of them than of sessions.
func (g *getters) program(agent []byte, ev *event.Event, s *event.Scratch) program {
	p, ok := g.devices[string(agent)]
	if !ok {
		p.device = newDevice(g.text(g.name, ev, s), g.text(g.system, ev, s))
		if p.device != "" {
			p.build = uint16(xxhash.Sum64(agent))
		}
		if len(g.devices) >= maxDevices {
			clear(g.devices)
		}
		g.devices[string(agent)] = p
	}
	return p
}

// maxDevices bounds what is remembered of user agents; clients write them.
const maxDevices = 1 << 10

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
	return h.Sum64()
}
