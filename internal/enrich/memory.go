package enrich

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
)

// memory is what a worker remembers from one event to the next: the same few
// addresses, keys and roles come in most of them. Looked up by their text as it
// stands in the record, they need no parsing.
type memory struct {
	k    *Knowledge
	seed maphash.Seed
	// Two tables, so that an event's source and destination never share a slot.
	sources, destinations table[*spot]
	keys                  table[*inventory.Key]
	roles                 table[*inventory.Role]
	people                table[*inventory.Person]
	texts                 map[string]event.Value
	values, named         []event.Value
	extra, fields         []event.Field
	reading               reading
}

// memoryOf is the worker's memory of what k knows.
func memoryOf(owner *Enricher, k *Knowledge, s *event.Scratch) *memory {
	m, _ := s.Memo(owner, func() any { return &memory{seed: maphash.MakeSeed()} }).(*memory)
	if m.k != k {
		*m = memory{
			k: k, seed: m.seed, values: m.values, named: m.named, extra: m.extra, fields: m.fields, texts: map[string]event.Value{},
			sources: newTable[*spot](2048), destinations: newTable[*spot](2048),
			keys: newTable[*inventory.Key](256), roles: newTable[*inventory.Role](256), people: newTable[*inventory.Person](256),
		}
	}
	return m
}

// table remembers one value for each place that a text's hash leads to; what
// comes later takes the place of what was there.
type table[V any] struct{ slots []slot[V] }

type slot[V any] struct {
	text  []byte
	scope string
	value V
}

func newTable[V any](size int) table[V] { return table[V]{make([]slot[V], size)} }

// at is the slot of a text, and whether it holds that text. If not, the caller
// fills it.
func (t *table[V]) at(seed maphash.Seed, text []byte, scope string) (*slot[V], bool) {
	s := &t.slots[maphash.Bytes(seed, text)&uint64(len(t.slots)-1)]
	if s.text != nil && s.scope == scope && bytes.Equal(s.text, text) {
		return s, true
	}
	s.text, s.scope = append(s.text[:0], text...), scope
	if s.text == nil {
		s.text = []byte{}
	}
	return s, false
}

// spot is what is known of an address: its fields in key order. The bytes of their
// values are not changed once made.
type spot struct {
	place  *inventory.Place
	fields []event.Field
}

// value is that of a field, Null if it has none or is nil.
func (s *spot) value(key event.Key) event.Value {
	if s == nil {
		return event.Value{}
	}
	for i := range s.fields {
		if s.fields[i].Key == key {
			return s.fields[i].Value
		}
	}
	return event.Value{}
}

func placeOf(s *spot) *inventory.Place {
	if s == nil {
		return nil
	}
	return s.place
}

func (m *memory) spot(t *table[*spot], keys *spotKeys, text []byte, account, region, vpc string) *spot {
	scope := ""
	if account+region+vpc != "" {
		scope = account + "/" + region + "/" + vpc
	}
	s, ok := t.at(m.seed, text, scope)
	if !ok {
		a, err := netip.ParseAddr(string(text))
		if s.value == nil { // a table is mostly empty
			s.value = new(spot)
		}
		*s.value = spot{fields: s.value.fields[:0]}
		if err == nil {
			m.fill(s.value, keys, m.k.whereIn(a, account, region, vpc))
		}
	}
	return s.value
}

// fill makes the fields of a place.
func (m *memory) fill(s *spot, keys *spotKeys, w Where) {
	s.place = w.Place
	if p := w.Place; p != nil {
		if p.Network != nil {
			s.add(keys.network, m.text(p.Network.Name))
		}
		if p.Production != nil {
			s.add(keys.production, m.text(p.Production.Name))
		}
		if p.Site != nil {
			s.add(keys.site, m.text(p.Site.Name))
			s.add(keys.at, m.text(p.Site.Name))
		}
		if p.Tier != 0 {
			s.add(keys.tier, event.Int64(int64(p.Tier)))
		}
		s.add(keys.zone, m.text(p.Zone))
	}
	if w.ASN != 0 {
		s.add(keys.asn, event.Int64(int64(w.ASN)))
	}
	s.add(keys.organization, m.text(w.Organization))
	s.add(keys.city, m.text(w.City))
	s.add(keys.country, m.text(w.Country))
	if w.Known {
		b := append(make([]byte, 0, 64), `{"lat":`...)
		b = append(strconv.AppendFloat(b, w.Latitude, 'f', -1, 64), `,"lon":`...)
		s.add(keys.location, event.RawJSON(append(strconv.AppendFloat(b, w.Longitude, 'f', -1, 64), '}')))
	}
	slices.SortFunc(s.fields, func(a, b event.Field) int { return int(a.Key) - int(b.Key) })
}

// add adds a field; Null is left out.
func (s *spot) add(key event.Key, v event.Value) {
	if key != noKey && !v.IsNull() {
		s.fields = append(s.fields, event.Field{Key: key, Value: v})
	}
}

func (m *memory) key(r *reading, name []byte) *inventory.Key {
	account := ""
	if !bytes.HasPrefix(name, arnPrefix) { // an alias or a bare id is an account's
		account = string(r.first(r.in.account))
	}
	s, ok := m.keys.at(m.seed, name, account)
	if !ok {
		s.value = r.k.Studio.Key(string(name), account)
	}
	return s.value
}

func (m *memory) role(r *reading, arn []byte) *inventory.Role {
	s, ok := m.roles.at(m.seed, arn, "")
	if !ok {
		s.value = r.k.Studio.Role(string(arn), "")
	}
	return s.value
}

func (m *memory) person(r *reading, name []byte) *inventory.Person {
	s, ok := m.people.at(m.seed, name, "")
	if !ok {
		s.value = r.k.Studio.Person(string(name))
	}
	return s.value
}

// text is a string of the studio file or a database as a value, made once.
func (m *memory) text(t string) event.Value {
	if t == "" {
		return event.Value{}
	}
	v, ok := m.texts[t]
	if !ok {
		if len(m.texts) > 1<<14 { // databases have cities without end
			clear(m.texts)
		}
		// Room beside it lets documents copy it in one step.
		b := make([]byte, 0, len(t)+32)
		v = event.Value{Kind: event.Escaped, Bytes: event.AppendEscaped(b, []byte(t))}
		m.texts[strings.Clone(t)] = v
	}
	return v
}

// list is an array of words.
func (m *memory) list(words []string) event.Value {
	if len(words) == 0 {
		return event.Value{}
	}
	key := "\x00" + strings.Join(words, "\x00")
	v, ok := m.texts[key]
	if !ok {
		b := []byte{'['}
		for i, w := range words {
			if i > 0 {
				b = append(b, ',')
			}
			b = event.AppendValue(b, event.Str(w))
		}
		v = event.RawJSON(append(b, ']'))
		m.texts[key] = v
	}
	return v
}
