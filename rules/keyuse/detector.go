package keyuse

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Files are the headers of the rules, one a file.
//
//go:embed *.yml
var Files embed.FS

// Detector makes the rules of this package. What one worker's observers of one
// Detector know of a record they share.
type Detector struct {
	studio *inventory.Index
	// made are the names of the productions that are made in an account.
	made map[string][]string
	// content are the content keys of each production, by name.
	content map[string][]string
}

// New makes a Detector for what is known of the studio, which may be nil. A
// changed studio file asks for a new one.
func New(studio *inventory.Index) *Detector {
	d := &Detector{studio: studio, made: map[string][]string{}, content: map[string][]string{}}
	st := studio.Studio()
	if st == nil {
		return d
	}
	for _, a := range st.Accounts {
		if a.Production != "" {
			d.made[a.ID] = append(d.made[a.ID], a.Production)
		}
	}
	for _, p := range st.Productions {
		if p.Account != "" && !slices.Contains(d.made[p.Account], p.Name) {
			d.made[p.Account] = append(d.made[p.Account], p.Name)
		}
	}
	for _, k := range st.Keys {
		if k.Purpose == content {
			d.content[k.Production] = append(d.content[k.Production], k.ARN)
		}
	}
	return d
}

const trail = "aws.cloudtrail"

// spec is what tells one rule of the package from another.
type spec struct {
	span  detect.Span
	note  func(o *observer, a *act, ev *event.Event, s *event.Scratch, out *detect.Notes)
	judge func(r *rule, w *window, from, to int64) []detect.Case
}

const (
	hour = int64(time.Hour)
	day  = 24 * hour
)

var specs = map[string]spec{
	"keyuse.foreign": {detect.Span{Bucket: 24 * time.Hour}, noteForeign, judgeForeign},
	"keyuse.purpose": {detect.Span{Bucket: 24 * time.Hour}, notePurpose, judgePurpose},
	"keyuse.admin":   {detect.Span{Bucket: 24 * time.Hour, Before: apart}, noteAdmin, judgeAdmin},
	"keyuse.grant":   {detect.Span{Bucket: 24 * time.Hour}, noteGrant, judgeGrant},
	"keyuse.wrap":    {detect.Span{Bucket: 24 * time.Hour}, noteWrap, judgeWrap},
	"keyuse.rate":    {detect.Span{Bucket: time.Hour, Before: remembered + time.Duration(lives)}, noteRate, judgeRate},
}

// Names are the names of the package's detectors.
func Names() []string {
	return slices.Sorted(maps.Keys(specs))
}

// Rule makes the rule of a header whose detector is name.
func (d *Detector) Rule(name string, header *sigma.Rule) (detect.Rule, error) {
	s, ok := specs[name]
	if !ok {
		return nil, fmt.Errorf("package keyuse has no detector %s", name)
	}
	return &rule{spec: s, detector: d, header: header}, nil
}

// rule implements detect.Rule.
type rule struct {
	spec
	detector *Detector
	header   *sigma.Rule
}

// Rule implements detect.Rule.
func (r *rule) Rule() *sigma.Rule { return r.header }

// Span implements detect.Rule.
func (r *rule) Span() detect.Span { return r.span }

// Observer implements detect.Rule.
func (r *rule) Observer(schema event.Schema) detect.Observer {
	if schema.Dataset() != trail {
		return nil
	}
	return &observer{rule: r, columns: newColumns(schema)}
}

// Judge implements detect.Rule: it judges bucket by bucket.
func (r *rule) Judge(w *detect.Window) []detect.Case {
	size := int64(r.span.Bucket)
	all := &window{Window: w}
	var out []detect.Case
	for from := floor(w.From, size); from < w.To; from += size {
		out = append(out, r.judge(r, all, max(from, w.From), min(from+size, w.To))...)
	}
	return out
}

// window is what one call of Judge is about. What its notes say is read once, not
// for each bucket.
type window struct {
	*detect.Window
	gathered []gather.Matter
	read     bool
}

// matters are those of a stretch of time that have a first record.
func (w *window) matters(from, to int64) []gather.Matter {
	if !w.read {
		w.gathered, w.read = slices.DeleteFunc(gather.Read(w.Notes), func(m gather.Matter) bool { return m.Note < 0 }), true
	}
	return gather.Between(w.gathered, from, to)
}

// observer implements detect.Observer.
type observer struct {
	rule    *rule
	columns *columns
	reader  *reader
	batch   gather.Gatherer
}

// Event implements detect.Observer.
func (o *observer) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if a := o.shared(s).look(ev, s); a != nil {
		o.rule.note(o, a, ev, s, out)
	}
}

// Reader implements detect.Sharing.
func (o *observer) Reader() any { return o.rule.detector }

// Concerns implements detect.Sharing.
func (o *observer) Concerns(ev *event.Event, s *event.Scratch) bool {
	return o.shared(s).look(ev, s) != nil
}

// shared is the worker's reader.
func (o *observer) shared(s *event.Scratch) *reader {
	if o.reader == nil {
		o.reader = s.Memo(o.rule.detector, func() any {
			return &reader{d: o.rule.detector, columns: o.columns, known: memory{callers: event.NewParts[*caller](maxKnown)}}
		}).(*reader)
	}
	return o.reader
}

// Flush implements detect.Observer.
func (o *observer) Flush(out *detect.Notes) { o.batch.Flush(out) }

// floor is the begin of the stretch that t lies in.
func floor(t, stretch int64) int64 {
	n := t / stretch
	if t%stretch < 0 {
		n--
	}
	return n * stretch
}

// Purposes of keys and duties of roles, as the studio file has them.
const (
	content    = "content asset"
	rootVolume = "root volume"
	logging    = "logging"
	backup     = "backup"

	dutyRecovery = "disaster recovery"
	dutyKeyAdmin = "key admin"
)

// productions are those that a caller works for; known is set where the studio
// file knows the caller's account, or the role.
func (d *Detector) productions(account string, role *inventory.Role) (names []string, known bool) {
	if role != nil && role.Production != "" {
		return []string{role.Production}, true
	}
	return d.made[account], role != nil || d.studio.Account(account) != nil
}

// foreign tells whether somebody of an account, in a role or not, has no
// business with a production; outside, whether nobody of the studio knows the
// account.
func (d *Detector) foreign(owner *inventory.Production, account string, role *inventory.Role) (foreign, outside bool) {
	if owner == nil || account == "" {
		return false, false
	}
	names, known := d.productions(account, role)
	if !known {
		return true, true
	}
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, owner.Name) }), false
}
