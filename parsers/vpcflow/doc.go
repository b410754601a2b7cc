// Package vpcflow reads VPC and transit gateway flow logs, the dataset
// aws.vpcflow.
//
// The columns of a line are told by the header before it, or by the format that
// the source declares, never by its version column: AWS writes the highest
// version of the columns that are there, and samples exist that lie. A line
// with neither is taken for one of the two default formats if it can be one,
// else rejected; a wrong guess would put one column's value under another's
// name, which nobody notices. Columns that no documentation knows are kept.
//
// Each record is one event, those that say that nothing was recorded (NODATA,
// SKIPDATA) too: they are how a gap is told from silence.
//
// # Who spoke, and which way
//
// source and destination are the record's own: its bytes went from one to the
// other. A connection has two records, one for each way; network.direction says
// which way this one's bytes crossed the border of the network, and
// aws.vpcflow.initiator who had opened the connection. So "a machine inside
// reached out" is direction egress with initiator source, and an answer to
// somebody outside, which is no egress to worry about, is direction egress with
// initiator destination. The rules are at flow.direction and flow.opened.
//
// It imports internal/ and the parsers' contract; the catalogue lists it.
package vpcflow

import (
	"bytes"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
)

// Option changes what [Spec] describes.
type Option func(*schema)

// Redactor takes secrets out of records; without it redact.Default does.
func Redactor(r *redact.Redactor) Option { return func(x *schema) { x.redactor = r } }

// Spec describes the family.
func Spec(with ...Option) parsers.Spec {
	x := schema{redactor: redact.Default()}
	for _, set := range with {
		set(&x)
	}
	return parsers.Spec{
		Name:    "vpcflow",
		Summary: "VPC flow logs of version 2 to 11 and transit gateway flow logs, by their header or a configured format; text or Parquet.",
		Schemas: []event.Schema{x},
		Detect:  detect,
		New: func(o parsers.Options) parsers.Parser {
			p := &parser{max: o.MaxRecord, schema: x}
			if p.max <= 0 {
				p.max = parsers.DefaultMaxRecord
			}
			return p
		},
	}
}

// detect looks at the first line that is neither empty nor a comment: a header,
// or a line of a default format, is surely a flow log. A name as AWS gives it
// only makes it likely, so that JSON under such a name is still read as JSON.
func detect(name string, head []byte) int {
	for line := range bytes.Lines(bytes.TrimPrefix(head, []byte(bom))) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if knownNames(line) >= 4 || defaultLine(line) {
			return 3
		}
		if line[0] == '{' || line[0] == '[' {
			return 0
		}
		break
	}
	if strings.Contains(name, "vpcflowlogs") || strings.Contains(name, "/transit-gateway-flow-logs/") {
		return 2
	}
	return 0
}

// defaultLine reports whether a line is one of a default format.
func defaultLine(line []byte) bool {
	for _, format := range []string{formatV2, formatTGW} {
		if l, err := newLayout(format); err == nil && l.fits(line) {
			return true
		}
	}
	return false
}
