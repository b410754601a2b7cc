package pipeline

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// liveness: once the faults have ended, everything settles.
func (s *simulation) liveness(of func(*simObject) bool) {
	bound := time.Now().Add(2 * time.Hour)
	for len(s.unsettled(of)) > 0 {
		s.feed()
		s.step()
		s.revive()
		if len(s.broken) > 0 {
			return
		}
		if time.Now().After(bound) {
			s.fail("not settled two hours after the last fault: %s; parked: %q", s.unsettled(of), s.keys())
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
		if x.Waiting != 0 || x.In != x.Delivered+x.Quarantined+x.Abandoned {
			s.fail("after the end %s counts %+v", x.Name, x)
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

func (s *simulation) safeAt(d *destination, o *simObject, r *simRecord, why string) {
	has := func(id event.ID, doc, what string) {
		have, ok := d.docs[id]
		switch {
		case !ok && !s.disk.refused(d.name, id.String()):
			s.fail("%s: the %s of the line at %d of %s is neither at %s nor in quarantine", why, what, r.offset, o.name, d.name)
		case ok && have != doc:
			s.fail("%s: %s has %s, not %s", why, d.name, have, doc)
		}
	}
	if (&outlet{NamedSink: NamedSink{Options: d.options}}).wants(r.dataset) {
		has(r.id, lineDoc(r.dataset, r.line, r.offset), "event")
	}
	if r.alerts && d.options.Only != Events {
		has(r.alert, alertDoc(r.line), "alert")
	}
}

// conservation: at the end everything is somewhere, and nothing else is.
func (s *simulation) conservation() {
	known := map[event.ID]bool{}
	for _, src := range s.sources {
		for _, o := range src.objects {
			s.safe(o, int64(len(o.content)), "at the end")
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
