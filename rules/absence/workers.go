package absence

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// workerLook looks at Deadline: a worker launches (its event plugin calls
// OnSlaveStarted) and from then on tasks, reports and log lines come from it.
//
// Names of fields are those of the event plugin's callbacks, of the scripting
// API and of the web service, whichever the record has.
func workerLook(schema event.Schema) look {
	r := newReader(schema)
	switch schema.Dataset() {
	case "deadline.worker":
		return r.workerState
	case "deadline.task", "deadline.report", "deadline.log":
		return r.workerSent
	case "generic.json": // as long as, or wherever, the farm's records have no family of their own
		return r.workerRecord
	}
	return nil
}

var workerNames = []string{"host.name", "SlaveName", "slaveName", "Slave", "ReportSlaveName", "TaskSlaveName", "Name"}

func (r *reader) worker(ev *event.Event, s *event.Scratch) []byte {
	return bytes.ToLower(r.text(ev, s, workerNames...))
}

// workerState tells a launch from everything else that a worker's record says.
// That it stopped, stalled or is offline others may say of it; it says itself
// that it is idle or renders.
func (r *reader) workerState(ev *event.Event, s *event.Scratch, found func(finding)) {
	name := r.worker(ev, s)
	if len(name) == 0 {
		return
	}
	switch what := strings.ToLower(string(r.text(ev, s, "event.action", "Callback", "callback", "SlaveState", "State"))); {
	case strings.Contains(what, "started"), strings.Contains(what, "launched"):
		found(finding{began, name, words(name), ev.Time})
	case strings.Contains(what, "rendering"), strings.Contains(what, "idle"), strings.Contains(what, "startingjob"):
		found(finding{followed, name, nil, ev.Time})
	}
}

// workerRecord tells by a record's own words whether it is of a worker's state,
// or of what a worker sent.
func (r *reader) workerRecord(ev *event.Event, s *event.Scratch, found func(finding)) {
	switch {
	case r.text(ev, s, "SlaveName", "slaveName") != nil:
		r.workerState(ev, s, found)
	case r.text(ev, s, "ReportSlaveName", "TaskSlaveName") != nil:
		r.workerSent(ev, s, found)
	}
}

func (r *reader) workerSent(ev *event.Event, s *event.Scratch, found func(finding)) {
	if name := r.worker(ev, s); len(name) > 0 {
		found(finding{followed, name, nil, ev.Time})
	}
}

// tellWorkers makes one case of the day: an image whose agent is broken is one
// thing to look at, not four hundred.
func tellWorkers(missed []miss, unknown bool) []detect.Case {
	c := caseOf(missed, nil)
	if unknown {
		c.Fields = []detect.Field{{Name: "what", Value: neverSeen(len(missed), "launch of a worker", "task, report or log line of any worker")}}
		return []detect.Case{informational(c)}
	}
	var names []string
	for _, m := range missed[:min(len(missed), 5)] {
		names = append(names, m.label)
	}
	if len(missed) > 5 {
		names = append(names, "…")
	}
	c.Fields = []detect.Field{{Name: "what", Value: fmt.Sprintf("%d of %d workers that launched sent nothing within %s: %s",
		len(missed), missed[0].of, span(missed[0].due-missed[0].at), strings.Join(names, ", "))}}
	return []detect.Case{c}
}
