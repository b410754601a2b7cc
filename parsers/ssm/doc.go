// Package ssm reads what Session Manager recorded of sessions, the dataset
// aws.ssm_session: the JSON chunks that it streams to CloudWatch Logs, one event
// each, and plain transcripts as they lie in S3 or are sent to CloudWatch Logs at
// a session's end, one event a line (or a log event).
//
// A chunk says whose session it is and on which machine. A transcript says
// neither: its session is named by its file or stream, and CloudTrail's
// StartSession tells the rest. What is recorded is what a terminal was sent: the
// package plays it on a screen of its own (screen.go), so that message holds
// what was to be read, and tells commands by the prompt before them (typed.go).
//
// Secrets are looked for in what was sent and in what was to be read, because
// the codes of a terminal hide them, and lines of base64 are taken out, which
// are a private key whose begin is in another record. A password of which one
// half is in another record than the other is not found, nor one typed alone on
// a line.
//
// Framing is package generic's. It imports that, the parsers' contract and
// internal/; the catalogue lists it.
package ssm

import (
	"bytes"
	"regexp"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/generic"
)

// Dataset is the family's one.
const Dataset = "aws.ssm_session"

// Option changes what [Spec] describes.
type Option func(*schema)

// Redactor takes secrets out of records; without it redact.Default does.
func Redactor(r *redact.Redactor) Option { return func(c *schema) { c.redactor = r } }

// Spec describes the family.
func Spec(with ...Option) parsers.Spec {
	c := schema{redact.Default()}
	for _, set := range with {
		set(&c)
	}
	frames := generic.Spec(generic.Terminal())
	return parsers.Spec{
		Name:    "ssm",
		Summary: "Session Manager sessions: chunks streamed to CloudWatch Logs, and plain transcripts.",
		Schemas: []event.Schema{c},
		Detect:  detect,
		New:     func(o parsers.Options) parsers.Parser { return &parser{schema: c, frames: frames.New(o)} },
	}
}

// sessionName is how a transcript's file or stream is named: by the session's id,
// which is who began it, a hyphen, and 17 or more digits and letters. Instances
// are named so too.
var sessionName = regexp.MustCompile(`^([\w+=,.@-]+)-(?:[0-9a-f]{17}|[0-9a-z]{26})$`)

// scriptStarted is how a transcript begins.
var scriptStarted = []byte("Script started on ")

func detect(name string, head []byte) int {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n[")
	switch {
	case len(head) == 0:
		return 0
	case head[0] == '{':
		if isChunk(head) {
			return 3
		}
		return 0
	case bytes.HasPrefix(head, scriptStarted) && sessionOf(name) != "":
		return 3
	case bytes.HasPrefix(head, scriptStarted), sessionOf(name) != "":
		return 2
	}
	return 0
}

// isChunk reports whether an object, maybe cut off, is a chunk of a session.
func isChunk(record []byte) bool {
	var session, data bool
	for it := jsonscan.Object(record); it.Next(); {
		session = session || jsonscan.Is(it.Key, "sessionId")
		data = data || jsonscan.Is(it.Key, "sessionData") || jsonscan.Is(it.Key, "target") || jsonscan.Is(it.Key, "runAsUser")
	}
	return session && data
}

// sessionOf is the session that a transcript's name tells, "" if it tells none.
func sessionOf(name string) string {
	base := lastPart(name)
	if m := sessionName.FindStringSubmatch(base); m != nil && m[1] != "i" && m[1] != "mi" {
		return base
	}
	return ""
}
