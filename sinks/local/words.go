package local

import (
	"hash/maphash"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Bounds of what of a document is indexed. An attacker chooses how long the
// values in a log are, and each word costs about a microsecond.
const (
	maxWords     = 400
	maxWord      = 64   // bytes; of longer words the beginning is indexed
	maxValueText = 2048 // bytes of one value that are looked at
)

// unindexed are fields nobody searches by their text: times, the record as it
// came (its fields are indexed already), what is the same in every document.
var unindexed = map[string]bool{
	"@timestamp": true, "ecs.version": true, "event.original": true, "event.created": true, "event.start": true,
	"event.end": true, "event.hash": true, "event.kind": true, "event.module": true, "event.duration": true,
	"burstwatch": true, "data_stream": true, "log.offset": true, "cloud.provider": true, "related": true,
	"rule.author": true, "rule.license": true, "rule.reference": true, "rule.description": true,
	"network.bytes": true, "network.packets": true, "source.bytes": true, "source.packets": true,
	"studio.alert.evidence": true, "studio.alert.do": true, "studio.alert.first": true, "studio.alert.last": true,
}

// indexer gathers the words of one document after the other.
//
// The full-text index knows words, not places: a third of the size, and no
// place is asked for. A value is indexed as the words that it consists of and,
// if it is short and has no spaces, whole: so 198.51.100.24 is found as itself,
// and a role by any part of its ARN. StopLogging is also stop and logging.
type indexer struct {
	seen  map[uint64]struct{} // hashes: a word lost to a collision is not worth a string each
	seed  maphash.Seed
	out   []byte
	path  []byte
	value []byte
	low   []byte
}

// words are the document's, one space between two, each once. The result is
// good until the next call.
func (x *indexer) words(doc []byte) []byte {
	if x.seen == nil {
		x.seen, x.seed = map[uint64]struct{}{}, maphash.MakeSeed()
	}
	clear(x.seen)
	x.out, x.path = x.out[:0], x.path[:0]
	x.object(doc, 1)
	return x.out
}

// namedDepth is how deep the names of unindexed reach.
const namedDepth = 3

func (x *indexer) object(raw []byte, depth int) {
	for it := jsonscan.Object(raw); it.Next(); {
		at := len(x.path)
		if depth <= namedDepth {
			if at > 0 {
				x.path = append(x.path, '.')
			}
			x.path = append(x.path, it.Key...)
		}
		if depth > namedDepth || !unindexed[string(x.path)] {
			x.any(it.Value, depth)
		}
		x.path = x.path[:at]
	}
}

func (x *indexer) any(raw []byte, depth int) {
	if len(raw) == 0 || len(x.seen) >= maxWords {
		return
	}
	switch raw[0] {
	case '{':
		x.object(raw, depth+1)
	case '[':
		for it := jsonscan.Array(raw); it.Next(); {
			x.any(it.Value, depth)
		}
	case '"':
		x.value = event.AppendUnescaped(x.value[:0], raw[1:len(raw)-1])
		x.text(x.value[:min(len(x.value), maxValueText)])
	case 't', 'f', 'n':
	default:
		x.add(raw)
	}
}

// text adds the words of a value.
func (x *indexer) text(s []byte) {
	x.low = append(x.low[:0], s...)
	whole, parts, start, hump, mixed := true, 0, -1, false, false
	for i, c := range x.low {
		class := classes[c]
		switch {
		case class == foreign: // not ASCII: the slow way
			x.slowText(string(s))
			return
		case class == upper:
			x.low[i] = c | 0x20
			hump, mixed = hump || i > 0 && classes[s[i-1]] == inWord && s[i-1] >= 'a', true
		}
		if class == inWord || class == upper {
			if start < 0 {
				start = i
			}
			continue
		}
		whole = whole && class == between
		if start >= 0 {
			x.add(x.low[start:i])
			parts, start = parts+1, -1
		}
	}
	if start >= 0 {
		x.add(x.low[start:])
		parts++
	}
	switch {
	case parts == 1 && hump && mixed:
		for part := range humps(string(s)) {
			x.add([]byte(strings.ToLower(part)))
		}
	case parts > 1 && whole && len(s) <= maxWord:
		x.add(x.low)
	}
}

// slowText is text for any script.
func (x *indexer) slowText(s string) {
	low, parts := strings.ToLower(s), 0
	for part := range pieces(low) {
		x.add([]byte(part))
		parts++
	}
	if parts == 1 {
		for part := range humps(s) {
			x.add([]byte(strings.ToLower(part)))
		}
	}
	if parts > 1 && wholeWord(low) {
		x.add([]byte(low))
	}
}

// Classes of bytes.
const (
	space   = iota // ends a word, and can stand in none
	inWord         // lower-case letters and digits
	upper          // upper-case letters
	between        // ends a word, but can stand in a whole one
	foreign        // no ASCII
)

var classes = func() (out [256]uint8) {
	for c := range out {
		switch r := rune(c); {
		case r >= utf8.RuneSelf:
			out[c] = foreign
		case r >= 'A' && r <= 'Z':
			out[c] = upper
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out[c] = inWord
		case strings.ContainsRune(wordChars, r):
			out[c] = between
		}
	}
	return out
}()

func (x *indexer) add(word []byte) {
	if len(word) > maxWord {
		word = []byte(cutWord(string(word)))
	}
	h := maphash.Bytes(x.seed, word)
	if _, twice := x.seen[h]; twice || len(word) == 0 || len(x.seen) >= maxWords {
		return
	}
	x.seen[h] = struct{}{}
	if len(x.out) > 0 {
		x.out = append(x.out, ' ')
	}
	x.out = append(x.out, word...)
}

// cutWord shortens a word to what is indexed of it.
func cutWord(word string) string {
	if len(word) <= maxWord {
		return word
	}
	end := maxWord
	for end > 0 && !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// wholeWord reports whether a value of several words is indexed as one as well.
func wholeWord(s string) bool {
	if len(s) > maxWord {
		return false
	}
	for _, r := range s {
		if !wordRune(r) && (r >= utf8.RuneSelf || !strings.ContainsRune(wordChars, r)) {
			return false
		}
	}
	return true
}

// wordRune tells letters and digits, and marks, without which many scripts fall apart.
func wordRune(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.M) }

// pieces are the stretches of letters and digits of s.
func pieces(s string) func(yield func(string) bool) {
	return strings.FieldsFuncSeq(s, func(r rune) bool { return !wordRune(r) })
}

// humps are the words of a name such as StopLogging; none if it is but one.
func humps(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, lower := 0, false
		for i, r := range s {
			up := unicode.IsUpper(r)
			if up && lower {
				if i-start > 1 && !yield(s[start:i]) {
					return
				}
				start = i
			}
			lower = !up
		}
		if start > 0 && len(s)-start > 1 {
			yield(s[start:])
		}
	}
}
