package rules

import "github.com/burstwatch/burstwatch/internal/event"

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
}

func newSubjects(s event.Schema) *subjects {
	return &subjects{person: getters(s, personFields), source: getters(s, sourceFields), id: s.Getter("event.id")}
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
