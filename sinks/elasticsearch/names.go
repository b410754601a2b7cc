package elasticsearch

import (
	"fmt"
	"strings"
	"time"
)

// names makes the names of indices. It remembers the last of each dataset,
// because neighbours are mostly of one period.
type names struct {
	period, namespace string
	last              map[string]*named
}

// named is one index and the event times that it holds.
type named struct {
	from, to     int64
	index, alias string
}

func newNames(o Options) names {
	return names{period: o.Period, namespace: o.Namespace, last: map[string]*named{}}
}

// Years outside these have one index together: a record with a broken clock
// must not make an index of its own for each of its days.
const (
	firstYear = 2006 // AWS is not older
	lastYear  = 2099
)

// of is the index and the alias of an event. It depends on nothing but what is
// the same for every repeat.
func (n *names) of(dataset string, at int64) (index, alias string) {
	l := n.last[dataset]
	if l == nil || at < l.from || at >= l.to {
		l = n.make(dataset, time.Unix(0, at).UTC())
		n.last[dataset] = l
	}
	return l.index, l.alias
}

func (n *names) make(dataset string, at time.Time) *named {
	l := &named{alias: n.alias(dataset)}
	y, m, d := at.Date()
	if y < firstYear || y > lastYear {
		l.from, l.to, l.index = at.UnixNano(), at.UnixNano()+1, l.alias+"-undated"
		return l
	}
	var from, to time.Time
	var suffix string
	switch n.period {
	case day:
		from = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		to, suffix = from.AddDate(0, 0, 1), from.Format("2006.01.02")
	case week:
		from = time.Date(y, m, d-(int(at.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		isoYear, isoWeek := from.ISOWeek()
		to, suffix = from.AddDate(0, 0, 7), fmt.Sprintf("%04d.w%02d", isoYear, isoWeek)
	default:
		from = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		to, suffix = from.AddDate(0, 1, 0), from.Format("2006.01")
	}
	l.from, l.to, l.index = from.UnixNano(), to.UnixNano(), l.alias+"-"+suffix
	return l
}

// alias is what finds all indices of a dataset.
func (n *names) alias(dataset string) string {
	return "logs-" + strings.ToLower(dataset) + "-" + n.namespace
}
