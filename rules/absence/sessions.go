package absence

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// sessionLook looks at Session Manager: a session begins in CloudTrail
// (StartSession) and its transcript follows, streamed while it lasts or whole at
// its end. Both name the session by its id.
func sessionLook(schema event.Schema) look {
	r := newReader(schema)
	switch schema.Dataset() {
	case "aws.cloudtrail":
		name := schema.Getter("eventName")
		return func(ev *event.Event, s *event.Scratch, found func(finding)) {
			if name != nil {
				r.sessionCall(name, ev, s, found)
			}
		}
	case "aws.ssm_session", "generic.json":
		return r.transcript
	}
	return nil
}

var (
	startSession     = []byte("StartSession")
	terminateSession = []byte("TerminateSession")
)

// sessionCall finds sessions that begin and end. Sessions that were refused have
// no id, and those of documents that only forward a port are never recorded:
// they have a rule of their own.
func (r *reader) sessionCall(of event.Getter, ev *event.Event, s *event.Scratch, found func(finding)) {
	name := r.read(of, ev, s)
	switch {
	case bytes.Equal(name, startSession):
		id := r.text(ev, s, "responseElements.sessionId")
		document := r.text(ev, s, "requestParameters.documentName")
		if len(id) == 0 || bytes.Contains(document, []byte("SSHSession")) || bytes.Contains(document, []byte("PortForwarding")) {
			return
		}
		who := r.text(ev, s, "studio.identity.person", "userIdentity.arn")
		found(finding{began, id, words(who, r.text(ev, s, "requestParameters.target"), r.text(ev, s, "cloud.account.name", "cloud.account.id")), ev.Time})
	case bytes.Equal(name, terminateSession):
		if id := r.text(ev, s, "responseElements.sessionId", "requestParameters.sessionId"); len(id) > 0 {
			found(finding{ended, id, nil, ev.Time})
		}
	}
}

// transcript finds what a transcript belongs to: each chunk of a streamed one
// says so, a whole one is named by the session.
func (r *reader) transcript(ev *event.Event, s *event.Scratch, found func(finding)) {
	id := r.text(ev, s, "sessionId")
	if r.schema.Dataset() != "aws.ssm_session" && (len(id) == 0 || r.text(ev, s, "sessionData") == nil && r.text(ev, s, "target.id") == nil) {
		return
	}
	if len(id) == 0 && ev.Origin != nil {
		id = []byte(strings.TrimSuffix(path.Base(ev.Origin.Name), ".log"))
	}
	if len(id) > 0 {
		found(finding{followed, id, nil, ev.Time})
	}
}

// tellSessions makes a case for each person: their unrecorded sessions of the
// day.
func tellSessions(missed []miss, unknown bool) []detect.Case {
	if unknown {
		c := caseOf(missed, nil)
		c.Fields = append(c.Fields, detect.Field{Name: "what", Value: neverSeen(len(missed), "Session Manager session", "transcript of any session")})
		return []detect.Case{informational(c)}
	}
	by := map[string][]miss{}
	var people []string
	for _, m := range missed {
		who := split(m.label, 3)[0]
		if by[who] == nil {
			people = append(people, who)
		}
		by[who] = append(by[who], m)
	}
	var out []detect.Case
	for _, who := range people {
		list := by[who]
		label := split(list[0].label, 3)
		c := caseOf(list, []byte(who))
		c.Fields = []detect.Field{{Name: "what", Value: who + " opened " + sessions(len(list)) + " in account " + label[2] + ", first on " + label[1] +
			", and no transcript came within " + span(list[0].due-list[0].at)}, {Name: "session", Value: list[0].subject}}
		out = append(out, c)
	}
	return out
}

func sessions(n int) string {
	if n == 1 {
		return "a session"
	}
	return strconv.Itoa(n) + " sessions"
}

// neverSeen is what is said where nothing of the kind came for a week.
func neverSeen(n int, what, answer string) string {
	if n != 1 {
		what += "s"
	}
	return "Not judged: " + strconv.Itoa(n) + " " + what + ", and no " + answer + " was read for a week. Either it is not recorded, or Burstwatch is not given it"
}

// caseOf is a case of what was missed, in the order of time.
func caseOf(missed []miss, key []byte) detect.Case {
	c := detect.Case{Key: key, Time: missed[0].at, First: missed[0].at, Last: missed[len(missed)-1].at, Count: int64(len(missed)), About: missed[0].note}
	for _, m := range missed {
		c.Evidence = append(c.Evidence, m.note)
	}
	return c
}

func informational(c detect.Case) detect.Case {
	l := sigma.Informational
	c.Level = &l
	return c
}
