package keyuse

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// noteForeign remembers the use of a production's key by somebody who does not
// work for it.
func noteForeign(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	d := o.rule.detector
	if a.deed != uses || a.caller.kind == "AWSService" {
		return
	}
	for i := range a.keys {
		t := &a.keys[i]
		foreign, outside := d.foreign(t.owner, a.caller.account, a.caller.role)
		if !foreign {
			continue
		}
		n := d.newNote(a, t)
		if outside {
			n.extra = "outside"
		}
		o.add(t.name, a, &n, ev, s, out)
	}
}

func judgeForeign(r *rule, w *window, from, to int64) []detect.Case {
	var out []detect.Case
	for _, f := range byCaller(w, from, to, func(n *note) string { return n.callerID }) {
		level := r.header.Level
		if f.allowed == 0 {
			level = min(level, sigma.High)
		}
		c := r.found(f, f.note.callerID, &level)
		if f.note.extra == "outside" {
			c.Fields = append(c.Fields, detect.Field{Name: "beyond", Value: ", which is no account of the studio"})
		}
		out = append(out, c)
	}
	return out
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// found makes a case of calls.
func (r *rule) found(f *found, key string, level *sigma.Level) detect.Case {
	calls := make([]string, 0, len(f.calls))
	for name := range f.calls {
		calls = append(calls, name)
	}
	slices.Sort(calls)
	c := detect.Case{
		Key: []byte(key), Time: f.first, First: f.first, Last: f.last, Count: f.count(), Evidence: f.evidence, About: f.about, Level: level,
		Fields: []detect.Field{
			{Name: "owner", Value: whose(f.note.owner)}, {Name: "key", Value: r.detector.alias(f.note.key)}, {Name: "kind", Value: f.note.kind},
			{Name: "caller", Value: f.note.caller}, {Name: "calls", Value: strings.Join(calls, ", ")},
			{Name: "outcome", Value: outcome(f)}, {Name: "sessions", Value: counted(len(f.sessions), "session")}, {Name: "how", Value: how(f)},
			{Name: "studio.production", Value: f.note.owner},
		},
	}
	c.Marks = r.detector.marks(f.first, f.last, f.note.account, f.note.owner)
	return c
}

func whose(owner string) string {
	if owner == "" {
		return "the studio's"
	}
	return owner + "'s"
}

// alias is a key as people call it.
func (d *Detector) alias(name string) string {
	if k := d.studio.Key(name, ""); k != nil && k.Alias != "" {
		return k.Alias
	}
	return name
}

func outcome(f *found) string {
	return strconv.FormatInt(f.allowed, 10) + " allowed, " + strconv.FormatInt(f.denied, 10) + " denied"
}

func how(f *found) string {
	switch {
	case f.direct == f.count():
		return "directly"
	case f.direct == 0:
		return "by a service"
	}
	return "directly and by a service"
}

// marks are the studio's windows at the begin and the end of a case.
func (d *Detector) marks(first, last int64, account, production string) []string {
	var out []string
	for _, t := range []int64{first, last} {
		for _, w := range d.studio.Windows(t) {
			mark := "in the window \"" + w.Name + "\""
			if w.Concerns(account, production) && !slices.Contains(out, mark) {
				out = append(out, mark)
			}
		}
	}
	return out
}

// businesses says which keys a duty has to do with. Duties that it does not
// know are not judged, nor are people: their roles say too little.
var businesses = map[string][]string{
	"render":         {content, rootVolume},
	"asset transfer": {content, rootVolume},
	"deadline":       {rootVolume},
	"log reader":     {logging},
	"network":        {},
	"key admin":      {},
	dutyRecovery:     {}, // but in its window
}

// notePurpose remembers the use of a key by a role whose duty it is not. Done
// by a service, writing is not judged (nodes write their logs to a bucket under
// the logs' key), nor are volumes (EBS opens their keys for whoever starts them).
func notePurpose(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	d, role := o.rule.detector, a.caller.role
	if a.deed != uses || role == nil || a.copied {
		return
	}
	wanted, judged := businesses[role.Duty]
	if !judged {
		return
	}
	for i := range a.keys {
		t := &a.keys[i]
		p := t.purpose()
		if p == "" || slices.Contains(wanted, p) || !a.direct && (a.name != "Decrypt" || p == rootVolume) {
			continue
		}
		n := d.newNote(a, t)
		if role.Duty == dutyRecovery {
			n.extra = "recovery"
		}
		o.add(t.name, a, &n, ev, s, out)
	}
}

func judgePurpose(r *rule, w *window, from, to int64) []detect.Case {
	var out []detect.Case
	for _, f := range byCaller(w, from, to, func(n *note) string { return n.callerID }) {
		level := r.header.Level
		if f.note.extra == "recovery" && r.planned(w, f) {
			level = sigma.Low
		}
		out = append(out, r.found(f, f.note.callerID, &level))
	}
	return out
}

// planned tells whether all calls lie in windows for disaster recovery.
func (r *rule) planned(w *window, f *found) bool {
	return !slices.ContainsFunc(f.evidence, func(i int) bool {
		return r.detector.studio.Window("disaster_recovery", w.Notes[i].Time, f.note.account, f.note.owner) == nil
	})
}

// apart is how long administering keys and using them must lie apart.
const apart = 7 * 24 * time.Hour

// noteAdmin remembers, by who it was, who administered a key and who used one
// directly. Refused changes are no administration.
func noteAdmin(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if a.copied || !a.direct || a.deed != uses && (a.deed != administers || a.denied) {
		return
	}
	who := a.caller.who()
	if who == "" || a.deed == uses && a.caller.isInstance() {
		return // of the thousands of sessions of nodes none administers
	}
	d := o.rule.detector
	for i := range a.keys {
		n := d.newNote(a, &a.keys[i])
		if a.deed == uses && a.caller.role != nil && a.caller.role.Duty == dutyKeyAdmin {
			n.extra = "by duty"
		}
		if a.caller.person == "" && a.deed == uses {
			o.addHourly(who, a, &n, ev, s, out)
		} else {
			o.add(who, a, &n, ev, s, out)
		}
	}
}

// isInstance tells whether a session is an instance's.
func (c *caller) isInstance() bool { return strings.HasPrefix(c.session, "i-") && c.person == "" }

// judgeAdmin finds uses of a key by who administered that key, or uses of
// content by who administered any, within a week before; and administration
// within a week after such a use.
func judgeAdmin(r *rule, w *window, from, to int64) []detect.Case {
	all := make([]note, len(w.Notes))
	for i := range w.Notes {
		all[i] = readNote(w.Notes[i].Value)
	}
	f, admin := &found{}, -1
	for i := range w.Notes {
		if t := w.Notes[i].Time; t < from || t >= to {
			continue
		}
		other := r.opposite(w, all, i)
		if all[i].deed == "use" && (other >= 0 || all[i].extra == "by duty") {
			f.add(i, &w.Notes[i], &all[i])
			admin = max(admin, other)
		}
	}
	if f.ids == nil { // nobody used after; did somebody before?
		for i := range w.Notes {
			if t := w.Notes[i].Time; t >= from && t < to && all[i].deed == "admin" {
				if other := r.opposite(w, all, i); other >= 0 {
					f.add(i, &w.Notes[i], &all[i])
					admin = other
				}
			}
		}
	}
	if f.ids == nil {
		return nil
	}
	c := r.found(f, "", nil)
	deed := "is a key administrator by duty"
	if admin >= 0 {
		deed = all[admin].name + " on " + r.detector.alias(all[admin].key) + " at " + time.Unix(0, w.Notes[admin].Time).UTC().Format("2006-01-02 15:04:05 MST")
		if !slices.Contains(c.Evidence, admin) {
			c.Evidence = append([]int{admin}, c.Evidence...)
		}
	}
	c.Fields = append(c.Fields, detect.Field{Name: "deed", Value: deed}, detect.Field{Name: "who", Value: f.note.who})
	return []detect.Case{c}
}

// opposite is the latest note of the other sort that lies in the week before
// note i and goes with it; -1 for none.
func (r *rule) opposite(w *window, all []note, i int) int {
	for k := i - 1; k >= 0 && w.Notes[k].Time >= w.Notes[i].Time-int64(apart); k-- {
		if all[k].deed == all[i].deed {
			continue
		}
		use := &all[i]
		if all[k].deed == "use" {
			use = &all[k]
		}
		if all[k].key == all[i].key || use.kind == "content key" {
			return k
		}
	}
	return -1
}

// noteGrant remembers grants to principals that do not work for the key's
// production. What services grant, and what is granted to them, is their work.
func noteGrant(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	d := o.rule.detector
	if a.deed != grants || !a.direct || a.copied || strings.Contains(a.caller.roleARN, ":role/aws-service-role/") || a.caller.kind == "AWSService" {
		return
	}
	account, ok := accountOf(a.grantee)
	if !ok {
		return
	}
	role := d.studio.Role(a.grantee, account)
	for i := range a.keys {
		t := &a.keys[i]
		foreign, outside := d.foreign(t.owner, account, role)
		if !foreign && (t.key == nil || d.studio.Account(account) != nil || d.studio.Studio() == nil) {
			continue
		}
		n := d.newNote(a, t)
		n.extra = d.granteeName(a.grantee, account, role, outside || d.studio.Account(account) == nil)
		o.add(t.name, a, &n, ev, s, out)
	}
}

// accountOf is the account of a principal's ARN; false for a service.
func accountOf(arn string) (string, bool) {
	p := strings.SplitN(arn, ":", 6)
	if len(p) == 6 && p[0] == "arn" && len(p[4]) == 12 {
		return p[4], true
	}
	return arn, len(arn) == 12 && strings.Trim(arn, "0123456789") == ""
}

func (d *Detector) granteeName(arn, account string, role *inventory.Role, outside bool) string {
	if role != nil && role.Production != "" {
		return role.Production + "'s " + role.Duty + " role"
	}
	if outside {
		return arn + ", of no account of the studio"
	}
	if a := d.studio.Account(account); a != nil && a.Name != "" {
		return arn + " of account " + a.Name
	}
	return arn
}

func judgeGrant(r *rule, w *window, from, to int64) []detect.Case {
	var out []detect.Case
	for _, f := range byCaller(w, from, to, func(n *note) string { return n.extra }) {
		level := r.header.Level
		if f.allowed == 0 {
			level = min(level, sigma.Medium)
		}
		c := r.found(f, f.note.extra, &level)
		c.Fields = append(c.Fields, detect.Field{Name: "grantee", Value: f.note.extra})
		out = append(out, c)
	}
	return out
}
