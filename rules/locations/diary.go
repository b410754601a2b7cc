package locations

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/rules/detect"
)

// diary is where one person, or one key, was on one day and on the day before it.
type diary struct {
	from     int64 // begin of the day that is judged
	notes    []detect.Note
	spots    []spot
	shown    map[shownKey]int
	places   map[netip.Addr]*Place
	world    World
	judge    judgement
	habits   habits
	episodes []*episode
	latest   map[string]*episode // by pair
}

// shownKey finds the note with the event that an alert shows of a sighting.
type shownKey struct {
	hour   int64
	addr   netip.Addr
	device device
}

// habits are the days on which the person used networks and countries before.
type habits map[string]map[uint64]bool

func (h habits) add(what string, on uint64) {
	if h[what] == nil {
		h[what] = map[uint64]bool{}
	}
	h[what][on] = true
}

// usual wants two days: one might be an intruder's first.
func (h habits) usual(what string) bool { return len(h[what]) >= 2 }

// judgement says whether two spots contradict each other, a first seen no later
// than b. gap is the time between them, 0 or less if they overlap; live says
// that one was seen before and after the other. It must be symmetric in place,
// session and device.
type judgement func(a, b *spot, gap time.Duration, live bool) (v verdict, contradict bool)

// newDiary reads the notes [lo, hi).
func newDiary(notes []detect.Note, lo, hi int, from int64, world World, j judgement) *diary {
	d := &diary{
		from: from, notes: notes, shown: map[shownKey]int{}, places: map[netip.Addr]*Place{}, world: world, judge: j,
		habits: habits{}, latest: map[string]*episode{},
	}
	type key struct {
		stands int64
		tail   string
	}
	at := map[key]int{}
	for i := lo; i < hi; i++ {
		n := &notes[i]
		m, when, s, ok := read(n.Value)
		switch {
		case !ok:
		case m == shown:
			d.shown[shownKey{n.Time, s.addr, s.device}] = i
		case m == habit:
			if n.Time == align(from, habitStride) {
				d.remember(&s)
			}
		case m == present:
			s.first, s.last = n.Time, n.Time+int64(keyStretch)-1
			d.spots = append(d.spots, spot{sighting: s})
		default:
			k := key{n.Time, string(n.Value[9:])}
			j, known := at[k]
			if !known {
				j = len(d.spots)
				at[k] = j
				d.spots = append(d.spots, spot{sighting: s})
				d.spots[j].first, d.spots[j].last = when, when
			}
			d.spots[j].first, d.spots[j].last = min(d.spots[j].first, when), max(d.spots[j].last, when)
		}
	}
	return d
}

func (d *diary) remember(s *sighting) {
	p := d.place(s.addr)
	d.habits.add(network(s.addr, p), s.session)
	if p.Country != "" {
		d.habits.add(p.Country, s.session)
	}
}

// place looks an address up once.
func (d *diary) place(a netip.Addr) *Place {
	p := d.places[a]
	if p == nil {
		p = &Place{}
		if d.world != nil {
			*p = d.world.Place(a)
		}
		d.places[a] = p
	}
	return p
}

// network names the network of an address, for habits.
func network(a netip.Addr, p *Place) string {
	if p.AS != 0 {
		return "AS" + strconv.FormatUint(uint64(p.AS), 10)
	}
	return prefix(a).String()
}

// name is what tells one place from another when contradictions are counted.
func name(s *spot) string {
	p := s.place
	switch {
	case p.Site != "":
		return "site " + p.Site
	case p.City != "":
		return p.City + ", " + p.Country
	case p.AS != 0 || p.Country != "":
		return p.Country + " " + network(s.addr, p)
	}
	return prefix(s.addr).String()
}

// moved reports whether the person was at more than one place: most never are,
// and cost no more than this.
func (d *diary) moved() bool {
	for i := range d.spots {
		d.spots[i].place = d.place(d.spots[i].addr)
	}
	return len(d.spots) > 1 && slices.ContainsFunc(d.spots[1:], func(s spot) bool { return !samePlace(&s, &d.spots[0]) })
}

// sort puts the sightings in the order in which they began.
func (d *diary) sort() {
	slices.SortFunc(d.spots, func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), a.addr.Compare(b.addr),
			cmp.Compare(a.session, b.session), strings.Compare(string(a.device), string(b.device)), cmp.Compare(a.build, b.build))
	})
	for i := range d.spots {
		s := &d.spots[i]
		s.name = name(s)
		s.usualNetwork = d.habits.usual(network(s.addr, s.place))
		s.usualCountry = s.place.Country != "" && d.habits.usual(s.place.Country)
	}
}

// maxPlaces bounds how many places are held against each other: whoever calls
// from thousands of addresses is found by the first few.
const maxPlaces = 64

// visit is the latest sighting at one place: of one session, device and address
// among those that share its name.
type visit struct {
	name string
	spot *spot // the one that ended last
}

// compare holds every sighting against the last one at every other place.
func (d *diary) compare() {
	var visits []visit
	for i := range d.spots {
		b := &d.spots[i]
		at := b.name + "\x00" + string(b.device)
		mine := slices.IndexFunc(visits, func(v visit) bool { return v.name == at })
		var own *spot
		if mine >= 0 {
			own = visits[mine].spot
		}
		for k := range visits {
			if k != mine && b.first >= d.from-int64(episodeGap) && b.first-visits[k].spot.last <= int64(farthest) {
				d.meet(visits[k].spot, b, own)
			}
		}
		visits = visited(visits, mine, at, b)
	}
}

// visited notes that b was seen last at a place.
func visited(visits []visit, mine int, at string, b *spot) []visit {
	switch {
	case mine >= 0:
		v := &visits[mine]
		if b.last >= v.spot.last {
			v.spot = b
		}
		return visits
	case len(visits) >= maxPlaces:
		oldest := 0
		for k := range visits {
			if visits[k].spot.last < visits[oldest].spot.last {
				oldest = k
			}
		}
		visits = slices.Delete(visits, oldest, oldest+1)
	}
	return append(visits, visit{name: at, spot: b})
}

// meet judges b against the last visit to another place. Where b's own place was
// seen later than that, the two have met already, and closer in time. Both are
// live if the other place was seen again after b began, or b's own before it and
// within the hour.
func (d *diary) meet(a, b, own *spot) {
	if own != nil && own.last >= a.last {
		return
	}
	gap := time.Duration(b.first - a.last)
	live := gap <= 0 || own != nil && own.last <= a.first && b.first-own.last <= int64(liveWithin)
	if verdict, contradict := d.judge(a, b, gap, live); contradict {
		d.add(a, b, verdict)
	}
}

// episode is a contradiction of two places, and all that follow it within the
// hour: one match.
type episode struct {
	first, last int64
	top         conflict
	all         []conflict
}

// conflict is one contradiction: a was seen before b.
type conflict struct {
	a, b *spot
	verdict
}

func (d *diary) add(a, b *spot, v verdict) {
	c := conflict{a, b, v}
	pair := min(a.name, b.name) + "\x00" + max(a.name, b.name)
	e := d.latest[pair]
	if e == nil || b.first-e.last > int64(episodeGap) {
		e = &episode{first: b.first, top: c}
		d.latest[pair] = e
		d.episodes = append(d.episodes, e)
	}
	e.last = b.first
	e.all = append(e.all, c)
	if c.level > e.top.level || c.level == e.top.level && c.likeness == other && e.top.likeness != other {
		e.top = c // the worst, and of these the one that says most
	}
}

// cases are those of the day: one, if it has a contradiction.
func (d *diary) cases() []detect.Case {
	d.sort()
	d.compare()
	d.episodes = slices.DeleteFunc(d.episodes, func(e *episode) bool { return e.first < d.from || e.first >= d.from+int64(day) })
	if len(d.episodes) == 0 {
		return nil
	}
	top := d.episodes[0]
	out := detect.Case{Time: top.first, First: top.first, Count: int64(len(d.episodes)), About: -1}
	var evidence []int
	for _, e := range d.episodes {
		out.Last = max(out.Last, e.last)
		if e.top.level > top.top.level {
			top = e
		}
		for i := range e.all {
			evidence = d.evidence(evidence, e.all[i].a)
			evidence = d.evidence(evidence, e.all[i].b)
		}
	}
	// Values begin with the event's time.
	slices.SortFunc(evidence, func(a, b int) int { return bytes.Compare(d.notes[a].Value, d.notes[b].Value) })
	out.Evidence = evidence
	d.tell(&out, top)
	return []detect.Case{out}
}

// evidence adds the note that shows a sighting.
func (d *diary) evidence(to []int, s *spot) []int {
	if i, ok := d.shows(s); ok && !slices.Contains(to, i) {
		return append(to, i)
	}
	return to
}

func (d *diary) shows(s *spot) (int, bool) {
	i, ok := d.shown[shownKey{align(s.first, shownStretch), s.addr, s.device}]
	return i, ok
}
