package vpcflow

import (
	"bytes"
	"fmt"
	"strings"
)

// layout is the order of the columns in a line. It is not changed once made:
// events share its names.
type layout struct {
	// text is the layout in words: its columns, a space between two.
	text string
	// slots are the slots of the columns, in the order of the line.
	slots []uint16
	// plain is set where column i has slot i.
	plain bool
	// size is how many slots an event has.
	size int
	// names are those of the columns that no documentation knows; their slots
	// follow those of the documented ones.
	names []string
	// time is the slot that holds the time of the event, end or else start; -1 for none.
	time int
}

// canonical is a column's name as AWS documents it: Parquet has underscores for
// hyphens, a configured format ${} around it.
func canonical(name string) string {
	if rest, ok := strings.CutPrefix(name, "${"); ok {
		name = strings.TrimSuffix(rest, "}")
	}
	return strings.ReplaceAll(name, "_", "-")
}

// CheckFormat says what is wrong with the columns that somebody configured for
// logs without a header; "" configures none.
func CheckFormat(text string) error {
	if text == "" {
		return nil
	}
	_, err := newLayout(text)
	return err
}

// newLayout makes the layout of the columns named in text. It fails with the
// columns that are missing: a flow without its two addresses says nothing.
func newLayout(text string) (*layout, error) {
	l := &layout{plain: true, time: -1}
	seen := map[string]bool{}
	for i, name := range strings.Fields(text) {
		name = canonical(name)
		if seen[name] {
			return nil, fmt.Errorf("the flow log's columns name %s twice", name)
		}
		seen[name] = true
		l.slots = append(l.slots, l.slot(name))
		l.plain = l.plain && int(l.slots[i]) == i
		l.size = max(l.size, int(l.slots[i])+1)
		l.text += " " + name
	}
	l.text = strings.TrimSpace(l.text)
	switch {
	case seen["end"]:
		l.time = colEnd
	case seen["start"]:
		l.time = colStart
	}
	if missing := missingOf(seen); missing != "" {
		return nil, fmt.Errorf("the flow log's columns (%s) lack %s: without both addresses nobody can say who spoke to whom", shorten(l.text), missing)
	}
	return l, nil
}

// slot is the column's slot; an unknown column gets a new one.
func (l *layout) slot(name string) uint16 {
	if s, ok := slotOf[name]; ok {
		return uint16(s)
	}
	l.names = append(l.names, name)
	return uint16(len(columns) + len(l.names) - 1)
}

func missingOf(seen map[string]bool) string {
	var missing []string
	if !seen["srcaddr"] && !seen["pkt-srcaddr"] {
		missing = append(missing, "srcaddr (or pkt-srcaddr)")
	}
	if !seen["dstaddr"] && !seen["pkt-dstaddr"] {
		missing = append(missing, "dstaddr (or pkt-dstaddr)")
	}
	return strings.Join(missing, " and ")
}

func shorten(text string) string {
	if len(text) > 200 {
		return text[:200] + "…"
	}
	return text
}

// isHeader reports whether a line names columns: all of its words are names,
// the first is one that AWS documents, and so are half of them.
func isHeader(line []byte) bool { return knownNames(line) >= 2 }

// knownNames is how many documented columns a header names, 0 for a line that
// is no header.
func knownNames(line []byte) int {
	if len(line) > maxHeader {
		return 0
	}
	known, all := 0, 0
	for word := range bytes.FieldsSeq(line) {
		if !isName(word) {
			return 0
		}
		if _, ok := slotOf[canonical(string(word))]; ok {
			known++
		} else if all == 0 {
			return 0
		}
		all++
	}
	if 2*known < all {
		return 0
	}
	return known
}

// isName reports whether a word can name a column. No value of a time column
// does, which is what lets plain lines be read before they are asked whether
// they are headers.
func isName(word []byte) bool {
	for i, c := range word {
		letter := c >= 'a' && c <= 'z' || c == '$'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '{' && c != '}' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// maxHeader bounds a header line, and with it the parser's mark.
const maxHeader = 4 << 10

// layouts are those that a worker has met: the files of a flow log share one.
type layouts struct {
	known map[string]*layout
}

// maxLayouts bounds what hostile headers can make a worker keep.
const maxLayouts = 64

func (c *layouts) of(text string) (*layout, error) {
	if l := c.known[text]; l != nil {
		return l, nil
	}
	l, err := newLayout(text)
	if err != nil {
		return nil, err
	}
	if c.known == nil || len(c.known) >= maxLayouts {
		c.known = map[string]*layout{}
	}
	c.known[text] = l
	return l, nil
}
