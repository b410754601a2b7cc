package cloudtrail

import (
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Stream is one series of CloudTrail files: an account in a region.
type Stream struct {
	Account *studio.Account
	Region  string
}

// Streams are those of the studio.
func Streams(st *studio.Studio) (all []Stream) {
	for _, a := range st.Accounts {
		all = append(all, Stream{a, studio.London}, Stream{a, studio.Virginia})
	}
	return all
}

// Window is a time of delivery: what is logged in [From, To) is handed over at To.
type Window struct {
	From, To time.Time
	// Usual and Most are how late records are: most of them up to Usual, one
	// in thirty up to Most.
	Usual, Most time.Duration
}

// Work is the daily work of everybody and everything, without the story. It
// belongs to one goroutine; its windows are asked for in order of time.
type Work struct {
	studio *studio.Studio
	seed   uint64
	// origin is when the studio's first day begins, begin when its logs do.
	origin, begin time.Time
	farm          *studio.Farm
	today         int
	sessions      []*Session
	signIns       []Record
}

// NewWork is the work of a studio whose first day begins at origin and whose
// logs begin at begin.
func NewWork(st *studio.Studio, seed uint64, origin, begin time.Time) *Work {
	return &Work{studio: st, seed: seed, origin: origin, begin: begin, farm: studio.NewFarm(seed, origin), today: -1 << 30}
}

// perBurst is how many records a fleet at work leaves for each that an idle
// account does.
const perBurst = 105

// Weight is the stream's share of all records at a time, compared with other
// streams and times.
func (w *Work) Weight(s Stream, at time.Time) int64 {
	base, burst := w.weights(s, at)
	return int64(base + burst)
}

func (w *Work) weights(s Stream, at time.Time) (base, burst int) {
	share := map[string][2]int{
		"sable-prod": {100, 25}, "halo-prod": {60, 100}, "shared-services": {120, 60}, "logging": {100, 30},
	}[s.Account.Name]
	_, minute := studio.Clock(w.origin, at)
	base = share[0] * studio.Daylight(minute) / 100
	if s.Region == studio.Virginia {
		base = share[1] * studio.Daylight(minute) / 100
	}
	for _, p := range w.shows(s) {
		burst += perBurst * studio.Intensity(p.Name, minute)
	}
	return base, burst
}

func (w *Work) shows(s Stream) (here []*studio.Production) {
	for _, p := range w.studio.Productions {
		if p.Account == s.Account && p.Region == s.Region {
			here = append(here, p)
		}
	}
	return here
}

// Fill adds to b what the stream logs in the window: the sign-ins that are due
// and as much work as makes size bytes, to the nearest record.
func (w *Work) Fill(b *Bundle, s Stream, win Window, size int64) {
	w.turn(win.From)
	d := dice.New(w.seed, "cloudtrail", s.Account.ID, s.Region, win.From.Format(time.RFC3339))
	begun := b.Size()
	for _, r := range w.signIns {
		delivered := r.Time.Add(win.Usual)
		if r.Account == s.Account.ID && r.Region == s.Region && !delivered.Before(win.From) && delivered.Before(win.To) && !r.Time.Before(w.begin) {
			b.Add(&r, d)
		}
	}
	work := w.scene(s, win, d)
	for last := int64(0); size-(b.Size()-begun) > last/2; {
		work.at = w.moment(win, d)
		r := w.draw(work, s)
		last = b.Add(&r, d)
	}
}

func (w *Work) scene(s Stream, win Window, d *dice.Dice) *scene {
	work := &scene{
		dice: d, studio: w.studio, seed: w.seed, farm: w.farm, account: s.Account, region: s.Region, shows: w.shows(s),
	}
	for _, one := range w.sessions {
		if one.Account == s.Account && one.Start.Before(win.From.Add(-win.Usual)) && one.End.After(win.To) {
			work.people = append(work.people, one)
		}
	}
	return work
}

// moment is when something happened that is delivered in the window.
func (w *Work) moment(win Window, d *dice.Dice) time.Time {
	late := time.Duration(d.IntN(int(win.Usual/time.Second)+1)) * time.Second
	if d.Chance(1.0 / 30) {
		late = win.Usual + time.Duration(d.IntN(int((win.Most-win.Usual)/time.Second)+1))*time.Second
	}
	span := int(win.To.Sub(win.From) / time.Second)
	at := win.From.Add(time.Duration(d.IntN(span))*time.Second - late)
	if at.Before(w.begin) {
		at = w.begin.Add(time.Duration(d.IntN(int(win.To.Sub(w.begin)/time.Second))) * time.Second)
	}
	return at.Truncate(time.Second)
}

// turn brings the people of the window's day, and of the day before, to work.
func (w *Work) turn(at time.Time) {
	day, _ := studio.Clock(w.origin, at)
	if day == w.today {
		return
	}
	w.today, w.sessions, w.signIns = day, nil, nil
	for _, n := range []int{day - 1, day} {
		w.sessions = append(w.sessions, sittings(w.studio, w.seed, w.origin.AddDate(0, 0, n), n)...)
	}
	for _, one := range w.sessions {
		d := dice.New(w.seed, "sign-in", one.AccessKey)
		w.signIns = append(w.signIns, one.SignIn(w.studio, d)...)
	}
	slices.SortStableFunc(w.signIns, func(a, b Record) int { return a.Time.Compare(b.Time) })
}

// draw makes one record of the stream's work at the scene's time.
func (w *Work) draw(work *scene, s Stream) Record {
	base, burst := w.weights(s, work.at)
	if work.dice.IntN(base+burst) >= base {
		return rendering.draw(work, renderingTotal)
	}
	switch {
	case s.Account.Duty == "logging":
		return logging.draw(work, loggingTotal)
	case len(work.shows) > 0 && work.dice.Chance(0.4):
		return standing.draw(work, standingTotal)
	case len(work.people) > 0 && work.dice.Chance(0.3):
		return peoples.draw(work, peoplesTotal)
	}
	return background.draw(work, backgroundTotal)
}

var (
	// rendering is what a fleet at work leaves behind.
	rendering = kinds{
		{16, toolsGet}, {13, outputPut}, {17, assetGet}, {5, assetHead}, {9, framePut}, {8, decryptForS3}, {5, dataKeyForS3},
		{7, nodeDecrypt}, {2, nodeDataKey}, {5, infrastructure}, {4, roleForInstance}, {2, runInstances}, {1, terminateInstances},
		{5, heartbeat}, {4, scheduler}, {3, logStream}, {2, whoAmI},
	}
	// standing is what the nodes do that run all the time.
	standing = kinds{
		{8, heartbeat}, {4, scheduler}, {4, toolsGet}, {3, outputPut}, {4, assetGet}, {2, framePut}, {2, decryptForS3},
		{1, dataKeyForS3}, {2, nodeDecrypt}, {2, roleForInstance}, {1, logStream},
	}
	background = kinds{{34, recorder}, {12, watcher}, {12, serviceSession}, {10, function}, {4, deploy}, {2, backup}, {1, serviceEvent}}
	logging    = kinds{{36, delivery}, {14, logKey}, {20, collector}, {10, recorder}, {4, watcher}, {6, serviceSession}, {1, deploy}}
	peoples    = kinds{{30, browse}, {1, startSession}}

	renderingTotal, standingTotal, backgroundTotal = rendering.total(), standing.total(), background.total()
	loggingTotal, peoplesTotal                     = logging.total(), peoples.total()
)
