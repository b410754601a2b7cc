package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// targets are whom a call to IAM acts on.
type targets struct {
	userName, userID, newName event.Value
	groupName, groupID        event.Value
	any                       bool // it may act on somebody
}

func targetsOf(ev *event.Event, s *event.Scratch) (t targets) {
	if string(word(ev, sEventSource, s)) != "iam.amazonaws.com" {
		return t
	}
	t.any = true
	for it := jsonscan.Object(ev.At(sRequestParameters)); it.Next(); {
		switch {
		case jsonscan.Is(it.Key, "userName"):
			t.userName = keyword(it.Value)
		case jsonscan.Is(it.Key, "newUserName"):
			t.newName = keyword(it.Value)
		case jsonscan.Is(it.Key, "groupName"):
			t.groupName = keyword(it.Value)
		}
	}
	response := ev.At(sResponseElements)
	if len(response) < 3 {
		return t
	}
	t.userID = keyword(field(field(response, "user"), "userId"))
	t.groupID = keyword(field(field(response, "group"), "groupId"))
	return t
}

// group is a small set of strings, as they stand in the record, sorted.
type group struct {
	n    int
	list [16][]byte
}

// add adds the inside of a JSON string; what is empty, there already or too
// much is left out.
func (g *group) add(b []byte) {
	if len(b) == 0 || g.n == len(g.list) {
		return
	}
	at := g.n
	for at > 0 {
		c := bytes.Compare(g.list[at-1], b)
		if c == 0 {
			return
		}
		if c < 0 {
			break
		}
		at--
	}
	copy(g.list[at+1:g.n+1], g.list[at:g.n])
	g.list[at] = b
	g.n++
}

func (g *group) addValue(v event.Value) {
	if v.Kind == event.Escaped {
		g.add(v.Bytes)
	}
}

func (g *group) members() [][]byte { return g.list[:g.n] }

func (g *group) append(dst []event.Value) []event.Value {
	for _, m := range g.members() {
		dst = append(dst, escaped(m))
	}
	return dst
}

// value is the group as a JSON array.
func (g *group) value(s *event.Scratch) event.Value {
	if g.n == 0 {
		return event.Value{}
	}
	size := 2
	for _, m := range g.members() {
		size += len(m) + 3
	}
	out := append(s.Alloc(size), '[')
	for i, m := range g.members() {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m...), '"')
	}
	return event.RawJSON(append(out, ']'))
}

// collectEntities collects related.entity: ids and ARNs of the actor, of what
// is behind the session and of the targets.
func collectEntities(g *group, ev *event.Event, t *targets, s *event.Scratch) {
	for _, slot := range [...]int{sUserPrincipalID, sIssuerPrincipalID, sUserAccessKeyID, sIssuerARN, sUserARN} {
		g.add(word(ev, slot, s))
	}
	for it := jsonscan.Array(ev.At(sResources)); it.Next(); {
		g.add(wordOf(resourceARN(it.Value), s))
	}
	g.addValue(t.userID)
	g.addValue(t.groupID)
}

// collectUsers collects related.user: the names of actor, person and targets.
func collectUsers(g *group, ev *event.Event, id *identity, t *targets, s *event.Scratch) {
	g.add(word(ev, sUserName, s))
	g.add(word(ev, sIssuerUserName, s))
	g.addValue(id.personValue(s))
	g.addValue(t.userName)
	g.addValue(t.newName)
}

// inArray1 is an array of one string.
func inArray1(v event.Value, s *event.Scratch) event.Value {
	if v.IsNull() {
		return v
	}
	out := append(append(s.Alloc(len(v.Bytes)+4), `["`...), v.Bytes...)
	return event.RawJSON(append(out, `"]`...))
}

// resourceARN is the member that names a resource. AWS writes both forms.
func resourceARN(resource []byte) (found []byte) {
	for it := jsonscan.Object(resource); it.Next(); {
		if jsonscan.Is(it.Key, "ARN") || jsonscan.Is(it.Key, "arn") {
			found = it.Value
		}
	}
	return found
}

// resourceValues are the resources as rules see them: each one object.
func resourceValues(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	for it := jsonscan.Array(ev.At(sResources)); it.Next(); {
		if len(it.Value) > 0 && it.Value[0] == '{' {
			dst = append(dst, event.RawJSON(appendResource(s.Alloc(len(it.Value)+16), it.Value)))
		}
	}
	return dst
}

// resources are the record's resources with ECS's names. Elements that are no
// objects are left out: the field is flattened, which takes nothing else.
func resources(ev *event.Event, s *event.Scratch) event.Value {
	raw := ev.At(sResources)
	if len(raw) < 3 || raw[0] != '[' {
		return event.Value{}
	}
	out := append(s.Alloc(len(raw)+len(raw)/4), '[')
	for it := jsonscan.Array(raw); it.Next(); {
		if it.Value[0] != '{' {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = appendResource(out, it.Value)
	}
	if len(out) == 1 {
		return event.Value{}
	}
	return event.RawJSON(append(out, ']'))
}

// appendResource copies a resource and renames its members.
func appendResource(dst, resource []byte) []byte {
	dst = append(dst, '{')
	begin := len(dst)
	for it := jsonscan.Object(resource); it.Next(); {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		switch string(it.Key) {
		case "ARN":
			dst = append(dst, "arn"...)
		case "accountId":
			dst = append(dst, "account_id"...)
		default:
			dst = append(dst, it.Key...)
		}
		dst = append(append(dst, '"', ':'), it.Value...)
	}
	return append(dst, '}')
}
