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

// collectEntities collects what related.entity has of the actor: ids and ARNs,
// and those of what is behind the session.
func collectEntities(g *group, ev *event.Event, s *event.Scratch) {
	// In an order that is mostly the sorted one.
	for _, slot := range [...]int{sIssuerPrincipalID, sUserPrincipalID, sUserAccessKeyID, sIssuerARN, sUserARN} {
		g.add(word(ev, slot, s))
	}
}

// collectTargets collects what related.entity has besides the actor.
func collectTargets(g *group, r *resources, t *targets) {
	for _, arn := range r.arns[:r.n] {
		g.add(arn)
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

// appendUnion appends an array of a group and of of further strings,
// sorted and each once. What the group has is written as it was rendered: one
// copy up to where something stands between.
func (g *rendered) appendUnion(dst []byte, further [][]byte) []byte {
	dst = append(dst, '[')
	from := 0
	for _, b := range further {
		at, same := g.find(b, from)
		dst = append(dst, g.text[g.begin[from]:g.begin[at]]...)
		if from = at; !same {
			dst = append(append(append(dst, '"'), b...), `",`...)
		}
	}
	dst = append(dst, g.text[g.begin[from]:]...)
	dst[len(dst)-1] = ']' // for the last comma
	return dst
}

// rendered is a group and its members in JSON, with a comma behind each.
type rendered struct {
	group
	text  []byte
	begin [17]int // of each member in text, and the end
}

func (g *rendered) render() {
	g.text = g.text[:0]
	for i, m := range g.members() {
		g.text = append(append(append(g.text, '"'), m...), `",`...)
		g.begin[i+1] = len(g.text)
	}
}

// find is the place of b among the members from a place on, and whether it is one.
func (g *rendered) find(b []byte, from int) (at int, same bool) {
	for at = from; at < g.n; at++ {
		m := g.list[at]
		if m[0] == b[0] {
			if c := bytes.Compare(m, b); c >= 0 {
				return at, c == 0
			}
		} else if m[0] > b[0] {
			return at, false
		}
	}
	return at, false
}

// resourceValues are the resources as rules see them: each one object.
func resourceValues(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	r := resourcesOf(ev, s)
	return jsonscan.AppendValues(dst, r.list)
}
