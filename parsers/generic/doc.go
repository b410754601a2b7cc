// Package generic reads what no other parser knows, and keeps it whole.
//
// JSON, one value a line or pretty-printed, in arrays or in {"Records":[…]},
// becomes one event for each object: EventBridge events the dataset
// aws.eventbridge, all others generic.json. Text becomes one event for each
// line: lines of syslog (RFC 3164, RFC 5424, and the two forms of rsyslog)
// linux.syslog or, from programs that let people in, linux.auth; all others
// generic.text. The two may be mixed, as functions write them.
//
// Classic syslog lines have no year and no zone. They are taken for UTC, which
// is what AWS machines run on, and for the last time that this date occurred
// before the line was read, a day of tolerance for clocks included.
//
// Secrets are redacted when a document is made of an event. The package knows
// internal/ and the parsers' contract; the catalogue lists its Spec last.
package generic

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
)

// Option changes what [Spec] describes.
type Option func(*family)

// Redactor takes secrets out of records; without it redact.Default does.
func Redactor(r *redact.Redactor) Option { return func(f *family) { f.redactor = r } }

// Terminal says that text is what a terminal is sent, with whatever control
// characters: none of it is taken for binary.
func Terminal() Option { return func(f *family) { f.terminal = true } }

// family is what the parsers of one Spec share.
type family struct {
	redactor *redact.Redactor
	terminal bool
}

// Spec describes the family.
func Spec(with ...Option) parsers.Spec {
	f := &family{redactor: redact.Default()}
	for _, set := range with {
		set(f)
	}
	spec := parsers.Spec{
		Name:    "generic",
		Summary: "JSON and text that no other parser knows: EventBridge events, syslog, and anything else line by line.",
		Detect:  detect,
		New: func(o parsers.Options) parsers.Parser {
			p := &parser{family: f, max: o.MaxRecord}
			if p.max <= 0 {
				p.max = parsers.DefaultMaxRecord
			}
			return p
		},
	}
	for _, name := range datasets {
		spec.Schemas = append(spec.Schemas, f.schema(name))
	}
	return spec
}

// detect claims everything, so that what nobody knows is told by one reject and
// not forgotten. It claims JSON more than text, but EventBridge events as little
// as that: other families read what is theirs on a bus.
func detect(_ string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(bom))
	i := jsonscan.Space(head, 0)
	if i == len(head) || head[i] != '{' && (head[i] != '[' || !opensArray(head[i:])) {
		return 1
	}
	if _, fault := jsonscan.Skip(head, i); fault != jsonscan.OK && fault != jsonscan.More {
		return 1
	}
	if isBusHead(head[i:]) {
		return 1
	}
	return 2
}

// isBusHead reports whether the begin of an object, maybe cut off, has the keys
// of an EventBridge event.
func isBusHead(head []byte) bool {
	var kind, detail bool
	for it := jsonscan.Object(head); it.Next(); {
		kind = kind || jsonscan.Is(it.Key, "detail-type")
		detail = detail || jsonscan.Is(it.Key, "source")
	}
	return kind && detail
}

var _ event.Schema = schema{}
