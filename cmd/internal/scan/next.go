package scan

import "strings"

// next prints the command that shows the worst case with its events, ready to be
// pasted.
func (s *scan) next(p *printer, all []*Group) {
	if len(all) == 0 || all[0].Rest || len(s.o.Command) == 0 {
		return
	}
	words := make([]string, 0, len(s.o.Command)+len(s.o.Paths)+2)
	words = append(append(words, s.o.Command...), "--show", all[0].ShortID())
	words = append(words, s.o.Paths...)
	for i, w := range words {
		words[i] = quoted(w)
	}
	p.line("Next        %s", safe(strings.Join(words, " ")))
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,@+%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
