package rules

import (
	"bytes"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Subject is who and what a match is about: matches of one rule with the same
// subject are one story to the person who reads them.
type Subject struct {
	// Person is the human behind the event, or else the user, role, service or
	// host that acted; "" if the event names none.
	Person string
	// Source is the address, or the AWS service, that it came from; "" if none
	// is named.
	Source string
}

// personFields and sourceFields are tried in order.
var (
	personFields = []string{
		"studio.identity.person", "studio.identity.service", "user.name", "aws.cloudtrail.user_identity.arn", "user.id",
		"aws.vpcflow.instance_id", "aws.vpcflow.interface_id", "host.name",
	}
	sourceFields = []string{"source.ip", "source.address"}
)

// subjects reads subjects of one dataset's events.
type subjects struct {
	person, source []event.Getter
	id             event.Getter // of event.id
	values         []event.Value
	buf            []byte
	// Where subjects are read of what recurs alone, those met are known by its hash.
	recurring event.Recurring // nil: they are not
	known     []knownSubject
}

type knownSubject struct {
	hash uint64 // 0: none
	who  Subject
}

// knownSubjects is how many are known by their hash; what comes later takes the
// place of what was there.
const knownSubjects = 1024

func newSubjects(s event.Schema) *subjects {
	x := &subjects{person: getters(s, personFields), source: getters(s, sourceFields), id: s.Getter("event.id")}
	r, ok := s.(event.Recurring)
	reads := func(name string) bool { return s.Getter(name) != nil && !r.Recurs(name) }
	if ok && !slices.ContainsFunc(personFields, reads) && !slices.ContainsFunc(sourceFields, reads) {
		x.recurring, x.known = r, make([]knownSubject, knownSubjects)
	}
	return x
}

func getters(s event.Schema, names []string) []event.Getter {
	var out []event.Getter
	for _, n := range names {
		if g := s.Getter(n); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// first returns the text of the first field that the event has. It is good
// until the next call.
func (x *subjects) first(from []event.Getter, ev *event.Event, s *event.Scratch) []byte {
	for _, g := range from {
		x.values = g.Append(x.values[:0], ev, s)
		for _, v := range x.values {
			x.buf = appendText(x.buf[:0], v)
			if len(x.buf) > 0 {
				return x.buf
			}
		}
	}
	return nil
}

// Subject returns the subject of ev, which need not have matched. Texts of
// subjects seen before are not allocated again.
func (j *Judge) Subject(ev *event.Event, s *event.Scratch) Subject {
	if ev.Schema == nil {
		return Subject{}
	}
	x := j.subjectsOf(ev.Schema)
	if x.recurring == nil {
		return j.readSubject(x, ev, s)
	}
	hash := s.Recurring(x.recurring, ev)
	k := &x.known[hash%knownSubjects]
	if k.hash != hash || hash == 0 {
		k.hash, k.who = hash, j.readSubject(x, ev, s)
	}
	return k.who
}

func (j *Judge) readSubject(x *subjects, ev *event.Event, s *event.Scratch) Subject {
	return Subject{
		Person: j.intern(x.first(x.person, ev, s)),
		Source: j.intern(x.first(x.source, ev, s)),
	}
}

func (j *Judge) subjectsOf(schema event.Schema) *subjects {
	x := j.subjects[schema]
	if x == nil {
		x = newSubjects(schema)
		j.subjects[schema] = x
	}
	return x
}

// maxInterned bounds the texts kept: who writes logs chooses them.
const maxInterned = 1 << 14

func (j *Judge) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if t, ok := j.interned[string(b)]; ok {
		return t
	}
	if len(j.interned) >= maxInterned {
		clear(j.interned)
	}
	t := string(b)
	j.interned[t] = t
	return t
}

// SubjectOf is the subject of ev for a rule: who, which is that of Subject, unless
// the rule tells its matches apart by fields of its own and the event has some.
func (j *Judge) SubjectOf(r *Rule, who Subject, ev *event.Event, s *event.Scratch) Subject {
	if len(r.Header.Subject) == 0 || ev.Schema == nil {
		return who
	}
	key := ownSubject{r, ev.Schema}
	parts, ok := j.own[key]
	if !ok {
		for _, part := range r.Header.Subject {
			parts = append(parts, getters(ev.Schema, strings.Split(part, "|")))
		}
		j.own[key] = parts
	}
	x := j.subjectsOf(ev.Schema)
	var text []byte
	for _, part := range parts {
		text = append(append(text, x.first(part, ev, s)...), 0)
	}
	if len(bytes.Trim(text, "\x00")) == 0 {
		return who
	}
	return Subject{Person: j.intern(text)}
}

type ownSubject struct {
	rule   *Rule
	schema event.Schema
}

// appendSubject appends the subject as an alert of the rule shows it.
func (v *view) appendSubject(dst []byte, r *Rule) []byte {
	begin := len(dst)
	for _, part := range r.plan.about {
		from := len(dst)
		if from > begin {
			dst = append(dst, ", "...)
		}
		mark := len(dst)
		for i := 0; i < len(part) && len(dst) == mark; i++ {
			dst = v.appendShown(dst, part[i])
		}
		if len(dst) == mark {
			dst = dst[:from]
		}
	}
	if len(dst) > begin {
		return dst
	}
	return v.appendShown(dst, who)
}
