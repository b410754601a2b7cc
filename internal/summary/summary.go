// Package summary reads from an ECS document the few fields that people filter
// by and read first: when, who, from where, what, on whose account, and for an
// alert its rule, level and case.
//
// It is for those who know only documents: the sinks that print a line or fill
// columns, and the pages made of them. It imports internal/event and
// internal/jsonscan.
package summary

import (
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Summary is what a document says about itself. Fields that it does not hold
// are empty. The strings are copies.
type Summary struct {
	// Time is @timestamp, Created when the record was read, in nanoseconds
	// since 1970 UTC; 0 if there is none.
	Time, Created int64
	// Kind, Dataset and the like are the event.* fields of their names.
	Kind, Dataset, Provider, Action, Outcome, EventID string
	// Source is the source in the configuration.
	Source string
	// Account is the caller's account, Recipient the one whose log this is: an
	// account that calls into ours differs. Recipient is Account where the
	// record makes no difference.
	Account, Recipient, Region string
	// User is the person where known, else the service or user.name or user.id.
	User string
	// SourceIP and DestinationIP are addresses; where the record has only a
	// name, that.
	SourceIP, DestinationIP string
	// Production is studio.production.
	Production string
	// ErrorCode is the error that AWS answered with.
	ErrorCode string
	// Message is the document's own sentence.
	Message string
	// Severity is event.severity: 1, 21, 47, 73 or 99 in alerts.
	Severity int64
	Alert    Alert
}

// Alert is what only an alert has.
type Alert struct {
	// ID and ShortID name the case, Revision counts its revisions from 1.
	ID, ShortID string
	Revision    int64
	// State is provisional, final or retracted.
	State string
	// Count is how many matches the case holds, First and Last when they were.
	Count, First, Last int64
	// Subject is who or what the case is about.
	Subject string
	// RuleID, RuleName and Level are the rule's.
	RuleID, RuleName, Level string
	// Controls are the controls of the checklist, such as 9.2.
	Controls []string
	// Do is what to do next.
	Do []string
}

// Levels are those of Sigma, by rising severity.
var Levels = []string{"informational", "low", "medium", "high", "critical"}

// SeverityOf is the event.severity of a level, 0 for an unknown one.
func SeverityOf(level string) int64 {
	for i, l := range Levels {
		if l == level {
			return []int64{1, 21, 47, 73, 99}[i]
		}
	}
	return 0
}

// Of reads a document. What is no JSON object has an empty summary.
func Of(doc []byte) Summary {
	r := reading{}
	r.object(doc, &tree)
	s := &r.out
	s.User = first(r.person, r.service, r.userName, r.email, r.userID)
	s.SourceIP = first(s.SourceIP, r.sourceAddress)
	s.DestinationIP = first(s.DestinationIP, r.destinationAddress)
	s.Recipient = first(s.Recipient, s.Account)
	s.Message = first(s.Message, s.Alert.RuleName)
	return r.out
}

func first(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}

// reading is a summary in the making, with what is chosen from at its end.
type reading struct {
	out                                      Summary
	person, service, userName, email, userID string
	sourceAddress, destinationAddress        string
}

// node is an object of the document, or a field that is kept.
type node struct {
	under map[string]*node
	take  func(r *reading, raw []byte)
}

func (r *reading) object(raw []byte, n *node) {
	for it := jsonscan.Object(raw); it.Next(); {
		switch m := n.under[string(it.Key)]; {
		case m == nil:
		case m.take != nil:
			m.take(r, it.Value)
		default:
			r.object(it.Value, m)
		}
	}
}

// Text is a JSON value as a person would read it; numbers and booleans as they stand.
func Text(raw []byte) string {
	switch v := jsonscan.Value(raw); v.Kind {
	case event.Null:
		return ""
	case event.String:
		return string(v.Bytes)
	case event.Escaped:
		return string(event.AppendUnescaped(nil, v.Bytes))
	default:
		return string(raw)
	}
}

// texts are the elements of an array; one value stands for an array of one.
func texts(raw []byte) []string {
	if len(raw) > 0 && raw[0] != '[' {
		if t := Text(raw); t != "" {
			return []string{t}
		}
		return nil
	}
	var out []string
	for it := jsonscan.Array(raw); it.Next(); {
		if t := Text(it.Value); t != "" {
			out = append(out, t)
		}
	}
	return out
}

func whole(raw []byte) int64 {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func moment(raw []byte) int64 {
	if len(raw) < 2 || raw[0] != '"' {
		return 0
	}
	ns, ok := event.ParseTime(raw[1 : len(raw)-1])
	if !ok {
		return 0
	}
	return ns
}
