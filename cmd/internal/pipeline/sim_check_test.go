package pipeline

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// liveness: once the faults have ended, everything settles.
func (s *simulation) liveness(of func(*simObject) bool) {
	bound := time.Now().Add(2 * time.Hour)
	for len(s.unsettled(of))+len(s.undelivered()) > 0 {
		s.feed()
		s.step()
		s.revive()
		if len(s.broken) > 0 {
			return
		}
		if time.Now().After(bound) {
			s.fail("not settled two hours after the last fault: %s, undelivered: %s; parked: %q", s.unsettled(of), s.undelivered(), s.keys())
			return
		}
	}
}

func (s *simulation) unsettled(of func(*simObject) bool) (names []string) {
	for _, src := range s.sources {
		for _, o := range src.objects {
			if of(o) && (!o.settled || o.open > 0) {
				names = append(names, fmt.Sprintf("%s (%d open)", o.name, o.open))
			}
		}
	}
	return names
}

// undelivered are the alerts that not every sink has, and the sinks that have not
// everything that is in their spools.
func (s *simulation) undelivered() (names []string) {
	for _, a := range s.cases.outbox {
		names = append(names, fmt.Sprint("alert ", a.Number))
	}
	s.p.mu.Lock()
	g := s.p.gen
	s.p.mu.Unlock()
	if g == nil {
		return names
	}
	if n := g.spooled(); n > 0 {
		names = append(names, fmt.Sprintf("%d in spools", n))
	}
	return names
}

// feed brings a harmless line now and then while there are poisoned ones: that
// an event is the reason why writes fail shows only where others pass.
func (s *simulation) feed() {
	if !s.poisoned || s.fed > 40 || time.Since(s.lastFed) < 3*time.Minute {
		return
	}
	s.fed, s.lastFed = s.fed+1, time.Now()
	src := s.sources[0]
	o := &simObject{name: fmt.Sprintf("%s/more%d", src.name, s.fed)}
	o.add("a harmless alert", true)
	o.shown = len(o.content)
	src.objects = append(src.objects, o)
}

// checkEnd checks what must hold whenever a process has ended in order.
func (s *simulation) checkEnd() {
	if !s.stopped.IsZero() && time.Since(s.stopped) > s.drainIn+2*grace+time.Minute/2 {
		s.fail("the drain took %v", time.Since(s.stopped))
	}
	st := s.p.Status()
	for _, x := range st.Sinks {
		left := int64(0)
		if x.Spool != nil {
			left = x.Spool.Records
		}
		if x.Waiting < 0 || x.Waiting > left || x.Bytes != 0 { // of a run that was half done with, repeats may come
			s.fail("after the end %s counts %+v, with %d in its spool", x.Name, x, left)
		}
	}
	for _, src := range s.sources {
		for _, o := range src.objects {
			if o.open != 0 {
				s.fail("%s was never settled", o.name)
			}
		}
	}
	if st.Memory != 0 {
		s.fail("after the end %d bytes of batches are in flight", st.Memory)
	}
}

// safe: an acknowledged stretch of an object is at every sink that wants it, or
// in quarantine; now, and after a crash.
func (s *simulation) safe(o *simObject, upto int64, why string) {
	for i := range o.records {
		r := &o.records[i]
		if r.bad || r.long() {
			if end := min(upto, r.offset+int64(len(r.line))); end > r.offset && !s.disk.covers(o, r.offset, end) {
				s.fail("%s to %d: the unreadable line at %d of %s is not in quarantine", why, upto, r.offset, o.name)
			}
			continue
		}
		if r.end > upto {
			continue
		}
		for _, d := range s.dests {
			s.safeAt(d, o, r, why)
		}
	}
}

// atTheEnd nothing waits any more.
const atTheEnd = "at the end"

func (s *simulation) safeAt(d *destination, o *simObject, r *simRecord, why string) {
	has := func(id event.ID, doc, what string, waits func() (string, bool)) {
		have, ok := d.docs[id]
		if !ok && why != atTheEnd {
			have, ok = waits()
		}
		switch {
		case !ok && !s.disk.refused(d.name, id.String()):
			s.fail("%s: the %s of the line at %d of %s is neither at %s nor kept for it, nor in quarantine", why, what, r.offset, o.name, d.name)
		case ok && have != doc:
			s.fail("%s: %s has %s, not %s", why, d.name, have, doc)
		}
	}
	if (&outlet{NamedSink: NamedSink{Options: d.options}}).wants(r.dataset) {
		has(r.id, lineDoc(r.dataset, r.line, r.offset), "event", func() (string, bool) { return s.disk.spooled(d.name, r.id.String()) })
	}
	if r.alerts && d.options.Only != Events {
		has(r.alert, alertDoc(r.line), "alert", func() (string, bool) { return s.cases.keeps(r.alert) })
	}
}

// conservation: at the end everything is somewhere, and nothing else is.
func (s *simulation) conservation() {
	known := map[event.ID]bool{}
	for _, src := range s.sources {
		for _, o := range src.objects {
			s.safe(o, int64(len(o.content)), atTheEnd)
			for _, r := range o.records {
				known[r.id], known[r.alert] = true, true
			}
		}
	}
	for _, d := range s.dests {
		for _, id := range sortedIDs(d.docs) {
			if !known[id] {
				s.fail("%s has a document that nobody wrote: %s", d.name, d.docs[id])
			}
			if s.calm && d.applied[id] != 1 {
				s.fail("%s got %s %d times although nothing failed", d.name, id, d.applied[id])
			}
		}
	}
}
