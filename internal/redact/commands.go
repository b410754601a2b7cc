package redact

import "bytes"

// command is a program that is given secrets in ways that do not show by a name.
type command struct {
	// needle are five bytes of it and of what stands around it.
	needle [window]string
	find   func(dst []span, l commandLine) []span
}

// commands are those that studios' machines and attackers' notes are full of.
// More are found by their flags' names (--password, --token, /password:).
func commands() []command {
	const before = blanks + "/\"'(;|&NRT" // what may stand before a command
	user := []string{"-u", "--user", "-U", "--proxy-user"}
	return []command{
		{letters("mysql"), attached("-p")},
		{letters("ariad"), attached("-p")},
		{letters("unrar"), attached("-p", "-hp")},
		{[window]string{"7", "Z", blanks, "AXUTL", blanks}, attached("-p")},
		{letters("sshpa"), flagged("-p")},
		{letters("sqlcm"), flagged("-P")},
		{[window]string{before, "P", "S", "E", "X"}, flagged("-p")},
		{letters("edis-"), flagged("-a")},
		{letters("ldaps"), flagged("-w")},
		{letters("ldapa"), flagged("-w")},
		{letters("ldapm"), flagged("-w")},
		{letters("reerd"), flagged("/p:")},
		{letters("chtas"), flagged("/rp")},
		{letters("er lo"), flagged("-p")}, // docker login
		{letters("an lo"), flagged("-p")}, // podman login
		{[window]string{blanks + "\"'", "-", "P", "W", blanks + "\"'"}, flagged("-pw")},
		{letters("smbcl"), accounts('%', "-U", "--user")},
		{letters("rpccl"), accounts('%', "-U", "--user")},
		{[window]string{before, "C", "U", "R", "L"}, accounts(':', user...)},
		{[window]string{before, "W", "G", "E", "T"}, accounts(':', user...)},
		{letters("et us"), netUse},
		{letters("to-se"), secureString},
		{letters("ied b"), identifiedBy},
		{letters("do -S"), piped},
		{letters("swd -"), piped},
		{letters("hpass"), piped},
		{letters("d-std"), piped},
	}
}

func letters(s string) (want [window]string) { return word(kindCommand, s).want }

func commandNeedles() []needle {
	var all []needle
	for _, c := range commands() {
		all = append(all, needle{kind: kindCommand, want: c.needle, lead: len(c.needle[0]) > 1, glance: isCommand, find: func(dst []span, text []byte, at int) []span {
			if !isCommand(text, at) {
				return dst
			}
			return c.find(dst, lineAround(text, at))
		}})
	}
	return all
}

// isCommand is the glance for commands: curl/8.5 and aws-cli are user agents.
func isCommand(b []byte, at int) bool {
	if !nameByte(b[at+window-1]) {
		return true
	}
	end := run(b, at+window, "_-")
	return end == len(b) || has(" \t\\.'\":,", b[end])
}

// attached finds secrets that stand in the same word as their flag: mysql -p…,
// where "-p x" would mean something else.
func attached(flags ...string) func([]span, commandLine) []span {
	return func(dst []span, l commandLine) []span {
		for _, w := range l.words[:l.count] {
			for _, f := range flags {
				if bytes.HasPrefix(l.text[w.start:w.end], []byte(f)) {
					dst = l.secret(dst, w.start+len(f), w.end)
				}
			}
		}
		return dst
	}
}

// flagged finds secrets that follow a flag, as the next word or in the same one.
func flagged(flags ...string) func([]span, commandLine) []span {
	same := attached(flags...)
	return func(dst []span, l commandLine) []span {
		for i, w := range l.words[:l.count] {
			for _, f := range flags {
				if string(l.text[w.start:w.end]) == f && i+1 < l.count {
					dst = l.secret(dst, l.words[i+1].start, l.words[i+1].end)
				}
			}
		}
		return same(dst, l)
	}
}

// accounts finds the password of USER:PASSWORD behind a flag.
func accounts(mark byte, flags ...string) func([]span, commandLine) []span {
	return func(dst []span, l commandLine) []span {
		for i, w := range l.words[:l.count] {
			for _, f := range flags {
				switch rest, ok := bytes.CutPrefix(l.text[w.start:w.end], []byte(f)); {
				case !ok:
				case len(rest) > 0:
					dst = l.password(dst, span{start: w.start + len(f), end: w.end}, mark)
				case i+1 < l.count:
					dst = l.password(dst, l.words[i+1], mark)
				}
			}
		}
		return dst
	}
}

// netUse finds the password of "net use [X:] \\\\host\share PASSWORD" and of
// "net user NAME PASSWORD".
func netUse(dst []span, l commandLine) []span {
	number := 1
	for i, w := range l.words[:l.count] {
		word := l.text[w.start:w.end]
		switch {
		case i == 0 && !bytes.HasSuffix(bytes.ToLower(word), []byte("net")) && !bytes.HasSuffix(bytes.ToLower(word), []byte("net.exe")):
			return dst
		case i == 0, word[0] == '/', word[0] == '\\', word[len(word)-1] == ':', word[0] == '*':
		case i == 1 && bytes.EqualFold(word, []byte("user")):
			number = 2
		case i == 1 && !bytes.EqualFold(word, []byte("use")):
			return dst
		case i == 1:
		default:
			if number--; number == 0 {
				return l.secret(dst, w.start, w.end)
			}
		}
	}
	return dst
}

// secureString finds the text that PowerShell's ConvertTo-SecureString is given.
func secureString(dst []span, l commandLine) []span {
	if !bytes.Contains(bytes.ToLower(l.text[l.words[0].start:l.end()]), []byte("-asplain")) {
		return dst
	}
	for i, w := range l.words[:l.count] {
		if i > 0 && l.text[w.start] != '-' {
			return l.secret(dst, w.start, w.end)
		}
	}
	return dst
}

// identifiedBy finds the password of CREATE USER … IDENTIFIED BY '…'.
func identifiedBy(dst []span, l commandLine) []span {
	if l.count < 3 || !bytes.EqualFold(l.text[l.words[0].start:l.words[0].end], []byte("identified")) {
		return dst
	}
	if by := l.text[l.words[1].start:l.words[1].end]; !bytes.EqualFold(by, []byte("by")) {
		return dst
	}
	w := l.words[2]
	if bytes.EqualFold(l.text[w.start:w.end], []byte("password")) {
		return dst // the name tells
	}
	return l.secret(dst, w.start, w.end)
}
