package reader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// certain is the surest claim that parsers.Spec.Detect can make.
const certain = 3

// undecided reports whether a growing object has too little to tell a log by: a
// part of its first line.
func (r *Reader) undecided(head []byte) bool {
	return r.parser == nil && r.failed == nil && bytes.IndexByte(head, '\n') < 0
}

// choose picks the parser for the object and sets it to where reading begins.
func (r *Reader) choose(head []byte) error {
	number, family, mark := unmark(r.object.Mark)
	i, err := r.pick(family, r.object.Origin, head)
	if err != nil {
		return err
	}
	if i < 0 {
		r.failed = errUnknown
		return nil
	}
	r.parser, r.family = r.parserOf(i), i
	r.number, r.last = number, number
	r.parser.Reset(r.object.Origin, mark)
	return nil
}

var errUnknown = errors.New("not a log that any parser knows")

// parserOf is this reader's parser of a family.
func (r *Reader) parserOf(i int) parsers.Parser {
	if r.parsers[i] == nil {
		r.parsers[i] = r.o.Specs[i].New(parsers.Options{MaxRecord: r.o.MaxRecord})
	}
	return r.parsers[i]
}

// pick is the index of the log family: the one that read the object before a
// restart, else the one that has the declared dataset, else the one with the
// surest claim to the content.
func (r *Reader) pick(family string, from *event.Origin, head []byte) (int, error) {
	for i := range r.o.Specs {
		if family != "" && r.o.Specs[i].Name == family {
			return i, nil
		}
	}
	if from.Dataset != "" {
		return r.declared(from)
	}
	best, claim := -1, 0
	head = head[:min(len(head), parsers.HeadSize)]
	for i := range r.o.Specs {
		if c := r.o.Specs[i].Detect(from.Name, head); c > claim {
			best, claim = i, c
		}
		if claim == certain {
			break // nobody can outbid it, and asking costs as much as a small file
		}
	}
	return best, nil
}

func (r *Reader) declared(from *event.Origin) (int, error) {
	for i := range r.o.Specs {
		for _, s := range r.o.Specs[i].Schemas {
			if s.Dataset() == from.Dataset {
				return i, nil
			}
		}
	}
	return -1, fmt.Errorf("%s: no parser for the declared dataset %s", from.Name, from.Dataset)
}

// mark is what unmark takes apart: the number of the next record, the log
// family, and the parser's own mark.
func (r *Reader) mark() []byte {
	name := r.o.Specs[r.family].Name
	m := binary.AppendUvarint(nil, uint64(r.last))
	m = append(binary.AppendUvarint(m, uint64(len(name))), name...)
	return append(m, r.parser.Mark()...)
}

func unmark(m []byte) (number int64, family string, rest []byte) {
	n, a := binary.Uvarint(m)
	if a <= 0 {
		return 0, "", nil
	}
	size, b := binary.Uvarint(m[a:])
	if b <= 0 || uint64(len(m)-a-b) < size {
		return 0, "", nil
	}
	name, rest := m[a+b:][:size], m[a+b:][size:]
	if len(rest) == 0 {
		rest = []byte{} // not nil: nil would mean the begin of the object
	}
	return int64(n), string(name), rest
}
