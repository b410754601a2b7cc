package absence

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// jobLook looks at AWS Batch: jobs end, and the log group that their containers
// write to has lines of about that hour. Which stream is whose is not looked at:
// a job may have nothing to say, a group with jobs has.
func jobLook(schema event.Schema) look {
	r := newReader(schema)
	switch schema.Dataset() {
	case "aws.batch", "aws.eventbridge":
		return r.jobState
	case "generic.text", "generic.json":
		return (&lines{}).jobLine
	}
	return nil
}

// batchGroup is the log group of jobs whose definition names none.
const batchGroup = "/aws/batch/job"

// jobState finds jobs that ran and ended.
func (r *reader) jobState(ev *event.Event, s *event.Scratch, found func(finding)) {
	if string(r.text(ev, s, "detail-type")) != "Batch Job State Change" {
		return
	}
	status := r.text(ev, s, "detail.status")
	stream := r.text(ev, s, "detail.container.logStreamName", "detail.attempts.container.logStreamName")
	if string(status) != "SUCCEEDED" && string(status) != "FAILED" || len(stream) == 0 {
		return // without a stream no container ever ran
	}
	name := r.text(ev, s, "detail.container.logConfiguration.options.awslogs-group")
	if len(name) == 0 {
		if driver := r.text(ev, s, "detail.container.logConfiguration.logDriver"); len(driver) > 0 && string(driver) != "awslogs" {
			return // its logs go elsewhere
		}
		name = []byte(batchGroup)
	}
	found(finding{began, hourly(name, ev.Time), words(name), ev.Time - ev.Time%hour}) // all of an hour are one
}

// lines remembers of which log group's hours lines were found last: one is
// enough, and there are millions.
type lines struct {
	origin *event.Origin
	hour   int64
	name   string
}

// jobLine finds lines of log groups, by the name of where they came from.
func (l *lines) jobLine(ev *event.Event, _ *event.Scratch, found func(finding)) {
	hour := ev.Time / int64(time.Hour)
	if ev.Origin == nil || ev.Origin == l.origin && (hour == l.hour || l.name == "") {
		return
	}
	if ev.Origin != l.origin {
		l.name = groupOf(ev.Origin.Name)
	}
	l.origin, l.hour = ev.Origin, hour
	if l.name == "" {
		return
	}
	for _, near := range []time.Duration{-time.Hour, 0, time.Hour} {
		found(finding{followed, hourly([]byte(l.name), ev.Time+int64(near)), nil, ev.Time})
	}
}

// groupOf is the log group that an origin's name tells, "" for none: Batch's own
// wherever it stands in the name, as in the key of an export, else what stands
// before the stream.
func groupOf(origin string) string {
	if strings.Contains(origin, batchGroup[1:]) {
		return batchGroup
	}
	if at := strings.IndexAny(origin, ": "); at > 0 && origin[0] == '/' {
		return origin[:at]
	}
	return ""
}

// hourly names a group in an hour.
func hourly(name []byte, at int64) []byte {
	return strconv.AppendInt(append(bytes.Clone(name), '|'), at/int64(time.Hour), 10)
}

// tellJobs makes a case for each log group.
func tellJobs(missed []miss, unknown bool) []detect.Case {
	if unknown {
		c := caseOf(missed, nil)
		c.Fields = []detect.Field{{Name: "what", Value: neverSeen(len(missed), "hour in which Batch jobs ran", "line of their log groups")}}
		return []detect.Case{informational(c)}
	}
	by := map[string][]miss{}
	var names []string
	for _, m := range missed {
		if by[m.label] == nil {
			names = append(names, m.label)
		}
		by[m.label] = append(by[m.label], m)
	}
	var out []detect.Case
	for _, name := range names {
		c := caseOf(by[name], []byte(name))
		c.Fields = []detect.Field{{Name: "what", Value: "Batch jobs ran in " + hours(len(by[name])) + " of the day in which the log group " + name + " stayed silent"}, {Name: "group", Value: name}}
		out = append(out, c)
	}
	return out
}

func hours(n int) string {
	if n == 1 {
		return "an hour"
	}
	return strconv.Itoa(n) + " hours"
}

// span is a length of time in words: 30m, 1h10m, 12h.
func span(ns int64) string {
	d := time.Duration(ns).Round(time.Minute)
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case m == 0:
		return strconv.Itoa(h) + "h"
	case h == 0:
		return strconv.Itoa(m) + "m"
	}
	return strconv.Itoa(h) + "h" + strconv.Itoa(m) + "m"
}
