package absence

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// What counts as a silence.
const (
	hour = int64(time.Hour)
	// habitDays is how many days tell how long a log usually pauses.
	habitDays = 14
	// enough is in how many of their hours a log must have spoken before its
	// silence means anything.
	enough = 24
	// leastPause is the shortest pause that is ever a finding.
	leastPause = 3 * time.Hour
	// mostPause: a log that usually pauses for longer is not watched by this rule.
	mostPause = 5 * day
	// comeback is for how long a case waits to tell that the log came back.
	comeback = 3 * day
)

// silence is the rule bw-source-silent. Its groups are logs: a dataset of an
// account and region. A log is silent once it is complete through a moment at
// which it has paused for more than twice as long as ever in the two weeks
// before: a region that nobody uses at weekends is given its weekends.
type silence struct{ header *sigma.Rule }

// Rule implements detect.Rule.
func (r *silence) Rule() *sigma.Rule { return r.header }

// Span implements detect.Rule.
func (r *silence) Span() detect.Span {
	return detect.Span{Bucket: day, Before: habitDays*day + mostPause, After: comeback}
}

// Observer implements detect.Rule.
func (r *silence) Observer(schema event.Schema) detect.Observer {
	if strings.HasPrefix(schema.Dataset(), "burstwatch.") {
		return nil
	}
	return &silenceObserver{r: newReader(schema), seen: map[logHour]*firstOf{}, dataset: schema.Dataset()}
}

// silenceObserver notes in which hours a log spoke.
type silenceObserver struct {
	r       *reader
	dataset string
	seen    map[logHour]*firstOf
	order   []logHour
	group   []byte
	value   []byte

	// Of the event before: most that follow each other are of one log and hour.
	origin *event.Origin
	last   string
	now    *firstOf
	from   int64
}

type logHour struct {
	group string
	hour  int64
}

// firstOf is the first event of a log in an hour.
type firstOf struct {
	at int64
	id event.ID
}

// Event implements detect.Observer. Where the name of the origin tells account
// and region, only the first event of an hour is looked at.
func (o *silenceObserver) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if ev.Time == 0 || ev.Origin == nil {
		return
	}
	known := o.now != nil && ev.Time > o.now.at && ev.Time < o.from+hour
	if known && ev.Origin == o.origin && ev.Origin.Account != "" && ev.Origin.Region != "" {
		return
	}
	if o.name(ev, s); known && string(o.group) == o.last {
		return
	}
	o.last = string(o.group)
	k := logHour{o.last, ev.Time - ev.Time%hour}
	x := o.seen[k]
	if x == nil {
		x = &firstOf{at: math.MaxInt64}
		o.seen[k] = x
		o.order = append(o.order, k)
	}
	o.origin, o.now, o.from = ev.Origin, x, k.hour
	if ev.Time > x.at {
		return
	}
	id := ev.Schema.ID(ev, s)
	if ev.Time == x.at && bytes.Compare(id[:], x.id[:]) >= 0 {
		return
	}
	x.at, x.id = ev.Time, id
	o.value = append(binary.BigEndian.AppendUint64(o.value[:0], uint64(x.at)), id[:]...)
	out.AddShown(detect.Note{Group: []byte(k.group), Time: k.hour, Join: detect.Least, Value: o.value}, ev, s)
}

// name writes the name of an event's log into group.
func (o *silenceObserver) name(ev *event.Event, s *event.Scratch) {
	account, region := []byte(ev.Origin.Account), []byte(ev.Origin.Region)
	if len(account) == 0 {
		account = plain(o.r.text(ev, s, "recipientAccountId", "cloud.account.id"))
	}
	if len(region) == 0 {
		region = plain(o.r.text(ev, s, "cloud.region"))
	}
	o.group = append(append(o.group[:0], o.dataset...), 0)
	o.group = append(append(append(o.group, account...), 0), region...)
}

// longestName is more than any region or account number has.
const longestName = 24

// plain is a name of an account or a region, nil for what can be none. Records
// say it themselves, so that anything may stand there, a secret too; what is
// remembered and told of a log is its name.
func plain(name []byte) []byte {
	if len(name) > longestName {
		return nil
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return nil
		}
	}
	return name
}

// Flush implements detect.Observer.
func (o *silenceObserver) Flush(*detect.Notes) {
	clear(o.seen)
	o.order, o.origin, o.now = o.order[:0], nil, nil
}

// Judge implements detect.Rule.
func (r *silence) Judge(w *detect.Window) []detect.Case {
	var out []detect.Case
	for i := range w.Notes {
		last := w.Notes[i].Time
		limit, pause, ok := patience(w.Notes[:i+1])
		due := last + hour + limit
		if !ok || due < w.From || due >= w.To {
			continue
		}
		back := int64(math.MaxInt64)
		if i+1 < len(w.Notes) {
			back = w.Notes[i+1].Time
		}
		switch {
		case back <= due:
		case w.Through >= due && (w.Through < math.MaxInt64 || back < math.MaxInt64):
			out = append(out, silent(w, i, due, pause, back))
		case w.Through < math.MaxInt64:
			out = append(out, detect.Case{Key: []byte("wake"), Time: due, Wake: due, Silent: true, About: -1})
		}
	}
	return out
}

// patience is how long a log may pause after the last of its hours, and how long
// it ever did in the two weeks before.
func patience(notes []detect.Note) (limit, pause int64, ok bool) {
	last := notes[len(notes)-1].Time
	spoke := 1
	for i := len(notes) - 1; i > 0 && last-notes[i-1].Time <= int64(habitDays*day); i-- {
		pause = max(pause, notes[i].Time-notes[i-1].Time-hour)
		spoke++
	}
	limit = max(int64(leastPause), 2*pause)
	return limit, pause, spoke >= enough && limit <= int64(mostPause)
}

// silent is the case of a log that spoke last in the hour of note i.
func silent(w *detect.Window, i int, due, pause, back int64) detect.Case {
	parts := split(string(w.Group), 3)
	until, stands := "is still silent", "since"
	last := due
	if back < math.MaxInt64 {
		until, last = "came back at "+clock(back), back
	}
	what := "No " + parts[0] + " event"
	if parts[1] != "" {
		what += " of account " + parts[1]
	}
	if parts[2] != "" {
		what += " in " + parts[2]
	}
	what += " " + stands + " the hour of " + clock(w.Notes[i].Time) + "; its longest pause in two weeks was " + pauses(pause) + ", and it " + until
	return detect.Case{
		Key: strconv.AppendInt(nil, w.Notes[i].Time, 10), Time: due, First: w.Notes[i].Time + hour, Last: last, Count: 1, Evidence: []int{i}, About: i,
		Fields: []detect.Field{{Name: "what", Value: what}, {Name: "dataset", Value: parts[0]}},
	}
}

func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04 MST") }

func pauses(ns int64) string {
	if ns < hour {
		return "less than an hour"
	}
	return span(ns)
}
