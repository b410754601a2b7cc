package sigma

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pair is one entry of a mapping.
type pair struct {
	name       string
	key, value *yaml.Node
}

// real follows aliases. It returns nil, with a fault, where they unfold into
// more than any rule needs.
func (r *reader) real(n *yaml.Node) *yaml.Node {
	for n != nil {
		r.steps++
		if r.steps > maxSteps {
			if r.steps == maxSteps+1 {
				r.fault(n, "the document unfolds into more than %d values", maxSteps)
			}
			return nil
		}
		if n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// mapping returns the entries of a mapping. what names it in faults.
func (r *reader) mapping(n *yaml.Node, what string) []pair {
	n = r.real(n)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s must be a mapping (key: value), not %s", what, kindOf(n))
		return nil
	}
	out := make([]pair, 0, len(n.Content)/2)
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := r.real(n.Content[i])
		if key == nil {
			return out
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			r.fault(key, "a key of %s must be text, not %s", what, kindOf(key))
			continue
		}
		if line := seen[key.Value]; line > 0 {
			r.fault(key, "key %s occurs twice in %s, first on line %d", quote(key.Value), what, line)
			continue
		}
		seen[key.Value] = key.Line
		if value := r.real(n.Content[i+1]); value != nil {
			out = append(out, pair{key.Value, key, value})
		}
	}
	return out
}

// text reads a string; what names it in faults. Numbers and the like are
// refused: YAML may have changed them on the way.
func (r *reader) text(n *yaml.Node, what string, limit int) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.fault(n, "%s must be text, not %s", what, kindOf(n))
		return ""
	}
	if len(n.Value) > limit {
		r.fault(n, "%s is longer than %d characters", what, limit)
	}
	return n.Value
}

// texts reads a list of strings.
func (r *reader) texts(n *yaml.Node, what string) []string {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "%s must be a list of texts, not %s", what, kindOf(n))
		return nil
	}
	out := make([]string, 0, len(n.Content))
	for _, c := range n.Content {
		if c = r.real(c); c != nil {
			out = append(out, r.text(c, "an entry of "+what, 65535))
		}
	}
	return out
}

var dates = regexp.MustCompile(`^(\d{4})[-/](0[1-9]|1[012])[-/](0[1-9]|[12]\d|3[01])$`)

// date reads YYYY-MM-DD. Sigma 1 wrote slashes; they mean no harm.
func (r *reader) date(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || !dates.MatchString(n.Value) {
		r.fault(n, "%s must be a date as YYYY-MM-DD, not %s", what, quote(n.Value))
		return ""
	}
	return strings.ReplaceAll(n.Value, "/", "-")
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "nothing"
		case "!!bool":
			return "true or false (" + n.Value + ")"
		case "!!int", "!!float":
			return "a number (" + n.Value + ")"
		case "!!timestamp":
			return "a date (" + n.Value + ")"
		case "!!str":
			return "text"
		case "!!merge":
			return "a merge key (<<)"
		}
	}
	return "a " + n.Tag
}

// suggest names the known word that s most likely was meant to be, "" if none
// is near.
func suggest(s string, known []string) string {
	if best := Nearest(s, known); best != "" {
		return " (did you mean " + best + "?)"
	}
	return ""
}

// Nearest is the one of the known words that s is most likely meant to be, "" if
// it is like none.
func Nearest(s string, known []string) string {
	best, bestAt := "", 3
	for _, k := range known {
		if d := distance(s, k); d < bestAt && d < len(k)/2+1 {
			best, bestAt = k, d
		}
	}
	return best
}

// distance counts the insertions, deletions and changes between two words.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := left
			if a[i] != b[j] {
				cost++
			}
			left = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
