// Package cloudtrail reads AWS CloudTrail in every form in which it is handed
// on: the files of a trail ({"Records":[…]}), one event a line, arrays,
// concatenated and pretty-printed objects, EventBridge events, envelopes of
// CloudWatch Logs subscriptions, answers of LookupEvents, Insights events and
// digest files.
//
// A record is scanned once: the scan checks the JSON, finds where the record
// ends and fills the slots of all fields that AWS documents. Whatever else is
// known of an event (ECS fields, the person behind a session) is derived from
// these spans when somebody asks. The package knows only internal/ and the
// parsers contract; the catalogue in cmd lists its Spec.
package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
)

// The datasets.
const (
	Dataset       = "aws.cloudtrail"
	DigestDataset = "aws.cloudtrail_digest"
)

// Option changes what [Spec] describes.
type Option func(*options)

type options struct {
	redactor *redact.Redactor
	other    func(parsers.Options) parsers.Parser
}

// Redactor takes secrets out of records; without it redact.Default does.
func Redactor(r *redact.Redactor) Option { return func(o *options) { o.redactor = r } }

// Others makes the parser that is given the EventBridge events that are not
// CloudTrail's, each whole and by itself: a bus is often archived as one stream
// of all kinds of events. Without it they go to quarantine.
func Others(make func(parsers.Options) parsers.Parser) Option {
	return func(o *options) { o.other = make }
}

// Spec describes CloudTrail for the catalogue.
func Spec(with ...Option) parsers.Spec {
	o := options{redactor: redact.Default()}
	for _, set := range with {
		set(&o)
	}
	events, digests := schema{o.redactor}, digestSchema{o.redactor}
	return parsers.Spec{
		Name:    "cloudtrail",
		Summary: "AWS CloudTrail: trail files, event streams, EventBridge events, CloudWatch Logs envelopes, Insights and digests.",
		Schemas: []event.Schema{events, digests},
		Detect:  detect,
		New: func(limits parsers.Options) parsers.Parser {
			p := &parser{maxRecord: limits.MaxRecord, events: events, digests: digests, trial: make([]event.Span, slotCount)}
			p.scan.identities = new(identities)
			if p.maxRecord <= 0 {
				p.maxRecord = parsers.DefaultMaxRecord
			}
			if o.other != nil {
				p.other = o.other(limits)
			}
			return p
		},
	}
}

// detect runs the scanner over the first record, however much of it there is,
// and looks at what it found. A bus of EventBridge events is claimed weakly
// whatever comes first in it: what is CloudTrail's in it must not be missed,
// and a parser of the kind that does come first may claim more.
func detect(_ string, head []byte) int {
	p := &parser{maxRecord: len(head) + 1, trial: make([]event.Span, slotCount), window: bytes.TrimPrefix(head, []byte(bom))}
	best := 0
	for i, n := jsonscan.Space(p.window, 0), 0; i < len(p.window) && n < 100; n++ {
		next, claim := p.claim(i)
		best = max(best, claim)
		if next <= i || best == 3 {
			break
		}
		i = next
	}
	return best
}

// claim judges the value at i and says where to look next.
func (p *parser) claim(i int) (next, claim int) {
	switch p.window[i] {
	case ',', ' ', '\n', '\r', '\t', '[':
		return i + 1, 0
	case '{':
	default:
		return i, 0
	}
	clear(p.trial)
	p.scan.begin(true)
	n, f := p.scan.object(p.window[i:], 0, recordNode, p.trial)
	switch {
	case p.scan.wrap == records:
		return i + n, 0
	case p.scan.wrap != noWrap:
		return i, p.claimLetters(p.window[i+n:])
	case f != jsonscan.OK && f != jsonscan.More:
		return p.claimBroken(i, n)
	}
	// A record of which only the begin is known may lack what classify asks for.
	e := event.Event{Record: p.window[i : i+n], Slots: p.trial}
	switch p.classify(&e) {
	case isRecord, isWrapped, isDigest:
		return i, 3
	case isBusEvent:
		if f == jsonscan.OK {
			return i + n, 1
		}
	}
	if f == jsonscan.More {
		return i, p.claimBegin(&e)
	}
	return i, 0
}

// claimBroken judges an object that is no JSON from its byte n on: by what was
// read of it, and by what comes next. One broken record makes no other log of
// those behind it.
func (p *parser) claimBroken(i, n int) (next, claim int) {
	if p.classify(&event.Event{Record: p.window[i : i+n], Slots: p.trial}) == isRecord {
		claim = 2
	}
	next, _ = p.find(i + 1)
	return next, claim
}

// claimBegin judges a record that goes on behind the head.
func (p *parser) claimBegin(e *event.Event) int {
	found := 0
	for s, span := range p.trial[:slotCount] {
		if span.End != 0 && s >= sEventVersion && s < sUserType {
			found++
		}
	}
	switch {
	case bytes.Contains(e.Record, []byte(`via CloudTrail"`)), bytes.Contains(e.Record, []byte(`"digestStartTime"`)):
		return 3
	case bytes.Contains(e.Record, []byte(`"detail-type"`)) && bytes.Contains(e.Record, []byte(`"detail"`)):
		return 1
	case bytes.HasPrefix(e.At(sEventSource), []byte(`"aws:`)):
		return 0
	}
	return min(found, 2)
}

// claimLetters judges an array of strings that may be records. They lie
// escaped in it.
func (p *parser) claimLetters(rest []byte) int {
	if bytes.Contains(rest, []byte(`\"eventVersion\"`)) && bytes.Contains(rest, []byte(`\"eventSource\"`)) {
		return 3
	}
	return 0
}
