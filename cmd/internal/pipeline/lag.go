package pipeline

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// maxLogs bounds how many logs are told apart: accounts and regions are read
// from records, which anybody may write. Further ones are counted together,
// under the account and region "other".
const maxLogs = 10_000

// ahead is how far into the future an event time may lie and still be believed
// as a log's latest: one wrong clock must not hide that a log has stopped.
const ahead = 10 * time.Minute

// logs knows when the last event of each log came.
type logs struct {
	redact func(string) string

	mu  sync.Mutex
	all map[logKey]*LogStatus
}

type logKey struct{ source, dataset, account, region string }

// noter counts the events of one worker's batches by log. Neighbours are mostly
// of one log, which is then looked up once.
type noter struct {
	logs   *logs
	source string
	now    func() time.Time

	getters map[event.Schema][2]event.Getter
	schema  event.Schema
	get     [2]event.Getter // account, region
	pins    [2][]byte
	records int64
	last    time.Time
	values  []event.Value
	scratch event.Scratch
}

// note counts what a batch brings.
func (n *noter) note(b *event.Batch) {
	if len(b.Events) == 0 {
		return
	}
	now := n.now()
	n.schema = nil
	n.pins[0] = append(n.pins[0][:0], b.Origin.Account...)
	n.pins[1] = append(n.pins[1][:0], b.Origin.Region...)
	for i := range b.Events {
		e := &b.Events[i]
		if e.Schema != n.schema {
			n.flush(now)
			n.schema, n.get = e.Schema, n.of(e.Schema)
		}
		n.pin(0, b.Origin.Account, e, now)
		n.pin(1, b.Origin.Region, e, now)
		n.records++
		if t := time.Unix(0, e.Time); e.Time != 0 && t.After(n.last) && t.Before(now.Add(ahead)) {
			n.last = t
		}
	}
	n.flush(now)
}

// pin reads the event's own account (0) or region (1) where the name of its
// origin does not tell.
func (n *noter) pin(i int, named string, e *event.Event, now time.Time) {
	if named != "" || n.get[i] == nil {
		return
	}
	n.scratch.Reset()
	n.values = n.get[i].Append(n.values[:0], e, &n.scratch)
	var text []byte
	if len(n.values) > 0 {
		text = n.values[0].Bytes
	}
	if !bytes.Equal(text, n.pins[i]) {
		n.flush(now)
		n.pins[i] = append(n.pins[i][:0], text...)
	}
}

func (n *noter) of(s event.Schema) [2]event.Getter {
	g, ok := n.getters[s]
	if !ok {
		g = [2]event.Getter{s.Getter("cloud.account.id"), s.Getter("cloud.region")}
		if n.getters == nil {
			n.getters = map[event.Schema][2]event.Getter{}
		}
		n.getters[s] = g
	}
	return g
}

// flush adds what was counted to its log.
func (n *noter) flush(now time.Time) {
	if n.records == 0 {
		return
	}
	n.logs.mu.Lock()
	defer n.logs.mu.Unlock()
	s := n.logs.find(logKey{n.source, n.schema.Dataset(), string(n.pins[0]), string(n.pins[1])})
	s.Records += n.records
	s.LastRead = now
	if n.last.After(s.LastEvent) {
		s.LastEvent = n.last
	}
	n.records, n.last = 0, time.Time{}
}

// find returns the log's entry. The caller holds the lock.
func (l *logs) find(k logKey) *LogStatus {
	if s := l.all[k]; s != nil {
		return s
	}
	if l.redact != nil { // whoever wrote the record may have written anything there
		k.account, k.region = l.redact(k.account), l.redact(k.region)
		if s := l.all[k]; s != nil {
			return s
		}
	}
	if len(l.all) >= maxLogs {
		k.account, k.region = "other", "other"
		if s := l.all[k]; s != nil {
			return s
		}
	}
	if l.all == nil {
		l.all = map[logKey]*LogStatus{}
	}
	s := &LogStatus{Source: k.source, Dataset: k.dataset, Account: k.account, Region: k.region}
	l.all[k] = s
	return s
}

// frontier notes how far a source says that a log is complete, or since when it
// is broken, which it returns. Where no dataset is named it is said of all that
// came from there.
func (l *logs) frontier(f ingest.Frontier, now time.Time) (broken time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.named(f) {
		switch {
		case f.Broken == "":
			s.Broken, s.BrokenSince = "", time.Time{}
		case s.Broken == "":
			s.BrokenSince = now
		}
		s.Broken, broken = f.Broken, s.BrokenSince
		if f.Through.After(s.Frontier) {
			s.Frontier = f.Through
		}
	}
	return broken
}

// named are the logs that a frontier is of. The caller holds the lock.
func (l *logs) named(f ingest.Frontier) (list []*LogStatus) {
	for k, s := range l.all {
		if f.Dataset == "" && k.source == f.Source && k.account == f.Account && k.region == f.Region {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		list = append(list, l.find(logKey{f.Source, f.Dataset, f.Account, f.Region}))
	}
	return list
}

// datasets are those that a source has brought.
func (l *logs) datasets(source string) (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.all {
		if k.source == source && k.dataset != "" && !slices.Contains(list, k.dataset) {
			list = append(list, k.dataset)
		}
	}
	return list
}

// status is a copy of all entries, in the order of their names.
func (l *logs) status() []LogStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]LogStatus, 0, len(l.all))
	for _, s := range l.all {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b LogStatus) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Dataset, b.Dataset),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return out
}
