package local

import (
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// textQuery is what a person typed, as the full-text index understands it.
//
// Nothing that was typed reaches the index's own query language as syntax:
// words are made as those of documents are, of letters, digits and wordChars
// alone, and stand in quotes.
type textQuery struct {
	match   string   // of the documents that must match; "" if only exclusions
	without string   // of those that must not
	phrases []string // stretches in quotes with more than one word, lower case
}

// most words of one query; each may read a large part of the index.
const maxQueryWords = 20

func parseText(text string) (q textQuery, err error) {
	var must, not []string
	words := 0
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		if words++; words > maxQueryWords {
			return q, fmt.Errorf("%w: more than %d words to search for", ErrFilter, maxQueryWords)
		}
		negative := len(rest) > 1 && rest[0] == '-' && rest[1] != ' '
		if negative {
			rest = rest[1:]
		}
		word, quoted, after := nextWord(rest)
		rest = after
		term := wordTerm(strings.ToLower(word), quoted)
		switch {
		case term == "":
		case negative:
			not = append(not, term)
		default:
			must = append(must, term)
			if quoted && strings.Contains(strings.TrimSpace(word), " ") {
				q.phrases = append(q.phrases, strings.ToLower(word))
			}
		}
	}
	q.match, q.without = strings.Join(must, " AND "), strings.Join(not, " OR ")
	return q, nil
}

// nextWord cuts one word, or what stands in quotes, off the text.
func nextWord(s string) (word string, quoted bool, rest string) {
	if s[0] == '"' {
		word, rest, _ = strings.Cut(s[1:], `"`)
		return word, true, rest
	}
	i := strings.IndexAny(s, " \t\n\r\"")
	if i < 0 {
		return s, false, ""
	}
	return s[:i], false, s[i:]
}

// wordTerm is the index's term for a word in lower case: the word as a whole,
// or all that it consists of. exact forbids that more letters follow.
func wordTerm(word string, exact bool) string {
	var parts []string
	for p := range pieces(word) {
		parts = append(parts, cutWord(p))
	}
	if len(parts) == 0 {
		return ""
	}
	for i := range parts {
		parts[i] = quote(parts[i], exact || i < len(parts)-1)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	term := "(" + strings.Join(parts, " AND ") + ")"
	if !wholeWord(word) {
		return term
	}
	whole := quote(strings.TrimSuffix(word, "*"), exact)
	if address(word) {
		return whole // its numbers alone are everywhere
	}
	return "(" + whole + " OR " + term + ")"
}

func quote(word string, exact bool) string {
	if exact {
		return `"` + word + `"`
	}
	return `"` + word + `"*`
}

// address tells what can only be meant whole: an IP address or part of one.
func address(word string) bool {
	return strings.Trim(word, "0123456789abcdef.:") == "" && strings.ContainsAny(word, ".:")
}

// restrict adds the query to a condition on a table whose rows the index knows
// by key, and whose text is in doc.
func (q *textQuery) restrict(w *where, index, key, doc string) {
	if q.match != "" {
		w.add(key+" IN (SELECT rowid FROM "+index+" WHERE "+index+" MATCH ?)", q.match)
	}
	q.exclude(w, index, key)
	q.holds(w, doc)
}

func (q *textQuery) exclude(w *where, index, key string) {
	if q.without != "" {
		w.add(key+" NOT IN (SELECT rowid FROM "+index+" WHERE "+index+" MATCH ?)", q.without)
	}
}

// holds looks into the documents themselves, because the index knows no places.
func (q *textQuery) holds(w *where, doc string) {
	for _, p := range q.phrases {
		w.add("instr(lower("+doc+"), ?)", string(event.AppendEscaped(nil, []byte(p))))
	}
}
