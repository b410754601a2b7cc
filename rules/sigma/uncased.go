package sigma

import "bytes"

// casesKey is how the cases of a rule begin where it is laid out as the builtin
// pack is: four spaces a level.
var casesKey = []byte("\n    cases:\n")

// WithoutCases is the source of rules without their cases, for programs that
// only judge: the cases are most of a rule's text, and reading YAML is most of
// what loading costs. It is for rules that are laid out as the builtin pack is;
// those of any other layout keep theirs.
func WithoutCases(src []byte) []byte {
	var out []byte
	for {
		from := bytes.Index(src, casesKey)
		if from < 0 {
			return append(out, src...)
		}
		out = append(out, src[:from+1]...)
		src = src[from+len(casesKey):]
		for len(src) > 0 && within(src) {
			next := bytes.IndexByte(src, '\n') + 1
			if next == 0 {
				next = len(src)
			}
			src = src[next:]
		}
	}
}

// within reports whether a line lies deeper than a key of the second level, or
// is empty.
func within(line []byte) bool {
	return line[0] == '\n' || bytes.HasPrefix(line, []byte("     "))
}
