package redact

import "bytes"

const (
	lineSize = 1024 // how far around a command its words are looked at
	wordMax  = 32
)

// commandLine is a command and the words behind it, up to where a shell would
// end it.
type commandLine struct {
	text  []byte
	words [wordMax]span
	count int // of words; at least the command itself
}

// lineAround splits the command line from the word on in which text[at] lies.
func lineAround(text []byte, at int) commandLine {
	begin := max(0, at)
	for begin < len(text) && endsWord(text[begin]) {
		begin++ // the needle begins before the word
	}
	for begin > 0 && at-begin < nameSize && !endsWord(text[begin-1]) {
		begin--
	}
	return lineAt(text, begin)
}

// lineAt splits the command line that begins at text[begin].
func lineAt(text []byte, begin int) commandLine {
	l := commandLine{text: text[:min(len(text), begin+lineSize)]}
	for i := begin; l.count < wordMax; {
		end := shellWord(l.text, i)
		if end == i || l.text[i] == '&' {
			break
		}
		l.words[l.count] = span{start: i, end: end}
		l.count++
		i = spaces(l.text, end, false)
	}
	// A word that the limit cuts would leave the rest of a secret behind.
	if l.count > 0 && l.words[l.count-1].end == len(l.text) {
		l.text = text
		l.words[l.count-1].end = shellWord(text, l.words[l.count-1].start)
	}
	return l
}

func endsWord(c byte) bool { return has(" \t\r\n;|&<>()\"'`", c) }

func (l *commandLine) end() int {
	if l.count == 0 {
		return l.words[0].start
	}
	return l.words[l.count-1].end
}

// secret appends a word, or the inside of its quotes where it is one quoted piece.
func (l *commandLine) secret(dst []span, from, to int) []span {
	if a, b, next, ok := quoted(l.text, from); ok && next >= to {
		from, to = a, b
	}
	return secret(dst, l.text, from, to)
}

// password appends what stands behind the mark in an account.
func (l *commandLine) password(dst []span, account span, mark byte) []span {
	if a, b, next, ok := quoted(l.text, account.start); ok && next >= account.end {
		account.start, account.end = a, b
	}
	i := bytes.IndexByte(l.text[account.start:account.end], mark)
	if i < 0 {
		return dst
	}
	return secret(dst, l.text, account.start+i+1, account.end)
}

// piped appends what is piped into a command that reads a secret: echo SECRET |
// sudo -S …; of what goes to chpasswd, USER:SECRET, the latter.
func piped(dst []span, l commandLine) []span {
	at := l.words[0].start
	begin := max(0, at-lineSize)
	bar := bytes.LastIndexByte(l.text[begin:at], '|')
	if bar < 0 || bytes.ContainsAny(l.text[begin+bar:at], "\n;") {
		return dst
	}
	bar += begin
	from := begin + bytes.LastIndexAny(l.text[begin:bar], "\n;|&(") + 1
	echo := max(bytes.LastIndex(l.text[from:bar], []byte("echo ")), bytes.LastIndex(l.text[from:bar], []byte("printf ")))
	if echo < 0 {
		return dst
	}
	said := lineAt(l.text[:bar], from+echo)
	if said.count < 2 {
		return dst
	}
	w := said.words[said.count-1]
	if bytes.Contains(l.text[at:l.words[0].end], []byte("chpasswd")) {
		return l.password(dst, w, ':')
	}
	return l.secret(dst, w.start, w.end)
}
