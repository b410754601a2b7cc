package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// window is a time of delivery: what is logged in [From, To), late records
// included, is handed over at To.
type window = cloudtrail.Window

// object is one file as S3 would hold it, before compression.
type object struct {
	dataset, account, region string
	key                      string
	body                     []byte
	records                  int
}

// place is one log of a dataset: it has its own objects.
type place struct{ Account, Region, Name string }

// series is one dataset's logs. A new dataset is a file that implements it and
// a line in [newSeries].
type series interface {
	dataset() string
	// places are the series' logs, always in the same order.
	places() []place
	// weight is place n's share of all bytes at a time.
	weight(n int, at time.Time) int64
	// late is how much later than other logs this one is handed over.
	late() time.Duration
	// fill emits what place n delivers in the window: what the story owes and
	// as much daily work as makes size bytes in all. emit must not keep the
	// object's body. It returns the bytes written.
	fill(n int, win window, size int64, sc *script, emit func(object) error) (int64, error)
}

// world is the studio and everything that writes logs there.
type world struct {
	studio *studio.Studio
	seed   uint64
	// origin is when the studio's first day begins, begin when its logs do.
	origin, begin time.Time
	format        *vpcflow.Format
	// ends is when the logs end, zero where they go on.
	ends time.Time
	// sessions tells that transcripts are kept, opened what daily work owes them.
	sessions bool
	opened   []*session
}

// newSeries are the logs of a world. Sessions come behind the trail that they
// are opened in.
func newSeries(w *world) []series {
	all := []series{newTrailSeries(w), newFlowSeries(w)}
	if w.sessions {
		all = append(all, newSessionSeries(w))
	}
	return all
}

// largest is the size at which files are cut.
const largest = 8 << 20

// quota deals out a number of bytes over a place's windows by weight: what one
// window has too much, the next has less.
type quota struct {
	// size is dealt out over windows whose weights come to total.
	size, total int64
	// dealt is the weight of the windows so far, given the bytes.
	dealt, given int64
}

// slack is how much a place may be ahead. What the story or a morning's
// sign-ins need beyond that is a debt, which all places of the series pay off.
const slack = 4 << 10

// next is what is due with a window of some weight, less what goes to the debt.
func (q *quota) next(weight int64, debt *int64) int64 {
	q.dealt += weight
	due := q.due()
	if paid := min(due, *debt); paid > 0 {
		q.given += paid
		*debt -= paid
		due -= paid
	}
	return due
}

// give takes note of what the window became.
func (q *quota) give(bytes int64, debt *int64) {
	q.given += bytes
	if over := -q.due() - slack; over > 0 {
		q.given -= over
		*debt += over
	}
}

// due is what the windows so far should have been and were not.
func (q *quota) due() int64 {
	if q.total == 0 {
		return -q.given
	}
	return q.size/q.total*q.dealt + q.size%q.total*q.dealt/q.total - q.given
}
