// Package quarantine keeps on disk what could not be parsed and what a sink
// refused for good, with its origin, its place and the reason, so that it can
// be looked at and sent again.
//
// It is a folder of segments, quarantine-00000001.ndjson and so on, each line
// one [Record]. Segments are only ever appended to, and only by the process
// that made them: after a restart a new one begins. So a crash can damage no
// more than the end of a segment, where nothing was acknowledged yet, and
// [Read] passes over it. Whoever has dealt with a segment removes the file;
// burstwatch replay removes the records that are durable elsewhere.
//
// It imports internal/event. The pipeline writes it, one goroutine at a time.
package quarantine

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Record is one line: a stretch of an origin that could not be read as a
// record, or, where Sink is set, the document of an event that this sink
// refused for good.
type Record struct {
	// Time is when it was put here.
	Time time.Time
	// Source is the source's name in the configuration, Origin what a person
	// would look for: a path, s3://bucket/key.
	Source, Origin string
	// Identity is the origin's identity, of which delivery ids are made.
	Identity []byte
	// Offset is where Raw begins, in bytes of the origin's uncompressed content.
	Offset int64
	// Dataset is that of the event, the one the source declared, or that of the
	// records beside it; "" if unknown.
	Dataset string
	// Format are the columns of a line whose header stands elsewhere.
	Format string
	// Reason says what is wrong, for a person.
	Reason string
	// Sink is the sink that refused the event, "" for what could not be parsed.
	Sink string
	// ID is the delivery id of a refused event, in hexadecimal.
	ID string
	// Raw is the stretch, or the document; secrets are taken out before.
	Raw []byte
	// Redacted says that Raw is not what it was for that reason.
	Redacted bool
	// Part counts the pieces of one over-sized record from 1, and More says
	// that another follows; 0 is a whole one.
	Part int
	More bool
}

// line is a Record as JSON has it.
type line struct {
	Time     time.Time `json:"time"`
	Source   string    `json:"source"`
	Origin   string    `json:"origin"`
	Identity []byte    `json:"identity"`
	Offset   int64     `json:"offset"`
	Dataset  string    `json:"dataset"`
	Format   string    `json:"format"`
	Reason   string    `json:"reason"`
	Sink     string    `json:"sink"`
	ID       string    `json:"delivery_id"`
	Redacted bool      `json:"redacted"`
	Part     int       `json:"part"`
	More     bool      `json:"more"`
	Encoding string    `json:"encoding"`
	Raw      string    `json:"raw"`
}

// Append appends the record as one JSON object and a line end. Raw is text
// where it is UTF-8, else base64 with "encoding":"base64".
func (r *Record) Append(dst []byte) []byte {
	dst = event.AppendTime(append(dst, `{"time":"`...), r.Time.UnixNano())
	dst = appendText(append(dst, '"'), "source", r.Source)
	dst = appendText(dst, "origin", r.Origin)
	if len(r.Identity) > 0 {
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"identity":"`...), r.Identity)
		dst = append(dst, '"')
	}
	dst = fmt.Appendf(dst, `,"offset":%d`, r.Offset)
	dst = appendText(dst, "dataset", r.Dataset)
	dst = appendText(dst, "format", r.Format)
	dst = appendText(dst, "reason", r.Reason)
	dst = appendText(dst, "sink", r.Sink)
	dst = appendText(dst, "delivery_id", r.ID)
	if r.Redacted {
		dst = append(dst, `,"redacted":true`...)
	}
	if r.Part > 0 {
		dst = fmt.Appendf(dst, `,"part":%d`, r.Part)
	}
	if r.More {
		dst = append(dst, `,"more":true`...)
	}
	if utf8.Valid(r.Raw) {
		dst = event.AppendEscaped(append(dst, `,"raw":"`...), r.Raw)
	} else {
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"encoding":"base64","raw":"`...), r.Raw)
	}
	return append(dst, "\"}\n"...)
}

// appendText leaves out what is empty.
func appendText(dst []byte, key, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), key...), `":"`...)
	return append(event.AppendEscaped(dst, []byte(text)), '"')
}

// Parse reads what Append wrote.
func Parse(text []byte) (Record, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Record{}, err
	}
	r := Record{
		Time: l.Time, Source: l.Source, Origin: l.Origin, Identity: l.Identity, Offset: l.Offset, Dataset: l.Dataset, Format: l.Format,
		Reason: l.Reason, Sink: l.Sink, ID: l.ID, Redacted: l.Redacted, Part: l.Part, More: l.More, Raw: []byte(l.Raw),
	}
	switch l.Encoding {
	case "":
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(l.Raw)
		if err != nil {
			return Record{}, fmt.Errorf("raw: %w", err)
		}
		r.Raw = raw
	default:
		return Record{}, fmt.Errorf("encoding %q is not known", l.Encoding)
	}
	return r, nil
}
