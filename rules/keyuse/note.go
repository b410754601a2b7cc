package keyuse

import (
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// note is what is remembered of a call: fields with a tab between them, after a
// letter that puts the better of two accounts of one call first.
type note struct {
	at                       string // when, of a note that stands for an hour
	deed                     string // use, admin, grant
	name, denied, direct     string
	key, kind, owner         string
	caller, session, who     string
	account, extra, callerID string
}

func (n *note) value(copied bool) []byte {
	b := []byte{'a'}
	if copied {
		b[0] = 'b'
	}
	for _, s := range n.fields() {
		b = append(append(b, '\t'), strings.ReplaceAll(*s, "\t", " ")...)
	}
	return b
}

func (n *note) fields() []*string {
	return []*string{
		&n.at, &n.deed, &n.name, &n.denied, &n.direct, &n.key, &n.kind, &n.owner, &n.caller, &n.session, &n.who, &n.account, &n.extra, &n.callerID,
	}
}

func readNote(b []byte) note {
	var n note
	_, rest, _ := strings.Cut(string(b), "\t")
	for _, f := range n.fields() {
		*f, rest, _ = strings.Cut(rest, "\t")
	}
	return n
}

// newNote describes a call about one key.
func (d *Detector) newNote(a *act, t *target) note {
	n := note{
		deed: [...]string{uses: "use", administers: "admin", grants: "grant", launches: "launch"}[a.deed],
		name: a.name, key: t.name, kind: t.kind(), caller: d.name(a.caller), session: a.caller.session,
		who: a.caller.who(), account: a.caller.account, callerID: a.caller.id(),
	}
	if a.denied {
		n.denied = "denied"
	}
	if a.direct {
		n.direct = "direct"
	}
	if t.owner != nil {
		n.owner = t.owner.Name
	}
	return n
}

// kind is a key in words: "content key", "logging key".
func (t *target) kind() string {
	switch p := t.purpose(); p {
	case content:
		return "content key"
	case rootVolume:
		return "volume key"
	case "":
		return "key"
	default:
		return p + " key"
	}
}

// name is a caller in words: "HALO's render role", "role x of account y".
func (d *Detector) name(c *caller) string {
	account := c.account
	if a := d.studio.Account(c.account); a != nil && a.Name != "" {
		account = a.Name
	}
	switch {
	case c.person != "" && (c.role == nil || c.role.Duty == "people" || c.role.Production == ""):
		return c.person + " in account " + account
	case c.role != nil && c.role.Production != "":
		return c.role.Production + "'s " + c.role.Duty + " role"
	case c.role != nil:
		return "the " + c.role.Duty + " role " + c.role.Name + " of account " + account
	case c.roleARN != "":
		return "role " + c.roleARN[strings.LastIndexByte(c.roleARN, '/')+1:] + " of account " + account
	case c.arn != "":
		return c.arn
	}
	return "somebody of account " + account
}

// who is whom separation of duties is judged for: the person, else the role,
// else the user.
func (c *caller) who() string {
	switch {
	case c.person != "":
		return c.person
	case c.roleARN != "":
		return c.roleARN
	}
	return c.arn
}

// id is whom cases are counted by: the role or user, whatever the session.
func (c *caller) id() string {
	switch {
	case c.roleARN != "":
		return c.roleARN
	case c.arn != "":
		return c.arn
	}
	return "account " + c.account
}

// add remembers a call about a key in a group.
func (o *observer) add(group string, a *act, n *note, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	id := o.shared(s).id(ev, s)
	if len(a.keys) > 1 { // ReEncrypt: two keys, each a note
		id = event.HashID(s, id[:], []byte(n.key))
	}
	out.AddShown(detect.Note{Group: []byte(group), Time: a.time, ID: id, Join: detect.Least, Value: n.value(a.copied)}, ev, s)
}

// addHourly remembers the first call of its kind in an hour: of programs that
// use keys a thousand times a minute it matters that they do.
func (o *observer) addHourly(group string, a *act, n *note, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	n.at = fmt.Sprintf("%020d", a.time)
	id := event.HashID(s, []byte(group), []byte(n.key), []byte(n.name), []byte(n.denied))
	out.AddShown(detect.Note{Group: []byte(group), Time: floor(a.time, hour), ID: id, Join: detect.Least, Value: n.value(a.copied)}, ev, s)
}

// found gathers the calls that make one case.
type found struct {
	first, last     int64
	evidence        []int
	note            note // of the first
	about           int
	allowed, denied int64
	direct          int64
	sessions, calls map[string]bool
	keys            map[string]bool
	ids             map[event.ID]bool
}

// add takes in note number i; the same call again, at another time, is none.
func (f *found) add(i int, n *detect.Note, c *note) {
	if f.ids[n.ID] {
		return
	}
	if f.ids == nil {
		f.ids, f.sessions, f.calls, f.keys = map[event.ID]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
		f.first, f.note, f.about = n.Time, *c, i
	}
	f.ids[n.ID] = true
	f.last = n.Time
	f.evidence = append(f.evidence, i)
	f.sessions[c.session], f.calls[c.name], f.keys[c.key] = true, true, true
	if c.denied != "" {
		f.denied++
	} else {
		f.allowed++
	}
	if c.direct != "" {
		f.direct++
	}
}

func (f *found) count() int64 { return f.allowed + f.denied }

// byCaller puts together the notes of a bucket by who called, in the order of
// their first call.
func byCaller(w *window, from, to int64, key func(*note) string) []*found {
	by := map[string]*found{}
	var out []*found
	for i := range w.Notes {
		n := &w.Notes[i]
		if n.Time < from || n.Time >= to {
			continue
		}
		c := readNote(n.Value)
		k := key(&c)
		if by[k] == nil {
			by[k] = &found{}
			out = append(out, by[k])
		}
		by[k].add(i, n, &c)
	}
	return out
}
