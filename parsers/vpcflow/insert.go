package vpcflow

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// What is known of accounts and addresses besides the logs stands in a few places
// of a document. It is put there once the document is written, which moves the rest
// of that: the general way takes several times as long.

// The gaps in which fields of others may stand.
const (
	behindAccount = iota
	behindDestination
	behindSource
	behindBytes
	atEnd
	gapCount

	nowhere = -1 // where a document has no such gap
)

// gaps are the keys on both sides of each.
var gaps = [gapCount]struct{ last, next event.Key }{
	behindAccount:     {event.KeyCloudAccountID, event.KeyCloudProvider},
	behindDestination: {event.KeyDestinationAddress, event.KeyDestinationIP},
	behindSource:      {event.KeySourceAddress, event.KeySourceBytes},
	behindBytes:       {event.KeySourceBytes, event.KeySourceIP},
	atEnd:             {event.KeySourcePort, event.Key(event.Keys)},
}

// insertions are fields on their way into a document. Their memory is used again.
type insertions struct {
	at   [gapCount]int    // where in the document
	of   [gapCount][]byte // what stands there
	text []byte           // all of it
}

// prepare writes the fields; false says that one of them stands elsewhere.
func (x *insertions) prepare(more []event.Field) bool {
	x.text = x.text[:0]
	var ends [gapCount]int
	for i := range gaps {
		n := 0
		for n < len(more) && more[n].Key > gaps[i].last && more[n].Key < gaps[i].next {
			n++
		}
		if n > 0 {
			text, ok := event.AppendBetween(x.text, gaps[i].last, more[:n])
			if !ok {
				return false
			}
			x.text, more = text, more[n:]
		}
		ends[i] = len(x.text)
	}
	begin := 0
	for i, end := range ends {
		x.of[i], begin = x.text[begin:end], end
	}
	return len(more) == 0
}

// fit reports whether the document has the gaps that are needed.
func (x *insertions) fit() bool {
	return x.at[behindAccount] != nowhere || len(x.of[behindAccount]) == 0
}

// into puts the fields into the document with which doc ends.
func (x *insertions) into(doc []byte) []byte {
	end := len(doc)
	doc = slices.Grow(doc, len(x.text))[:end+len(x.text)]
	to := len(doc)
	for i := gapCount - 1; i >= 0 && to > end; i-- {
		to -= end - x.at[i]
		copy(doc[to:], doc[x.at[i]:end])
		to -= len(x.of[i])
		copy(doc[to:], x.of[i])
		end = x.at[i]
	}
	return doc
}
