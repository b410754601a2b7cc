package generic

import (
	"bytes"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// syslogLine is a line of syslog, taken apart. Parts that it lacks are nil.
type syslogLine struct {
	time                        int64
	priority                    int // facility × 8 + severity, -1 for none
	host, program, pid, message []byte
}

// facilities of programs that let people in (RFC 5424, table 1).
const (
	facilityAuth     = 4
	facilityAuthPriv = 10
)

// severities are ECS's words for those of RFC 5424, table 2.
var severities = [8]string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}

// readSyslog takes a line apart. read is when it was read, in nanoseconds since
// 1970: it tells the year of a time that has none.
func readSyslog(line []byte, read int64) (l syslogLine, ok bool) {
	l.priority = -1
	rest := line
	if n, after, ok := priority(rest); ok {
		l.priority, rest = n, after
		if bytes.HasPrefix(rest, []byte("1 ")) {
			return l, l.modern(rest[2:])
		}
	}
	if rest, ok = l.stamp(rest, read); !ok {
		return l, false
	}
	l.host, rest, ok = bytes.Cut(rest, []byte(" "))
	if !ok || len(l.host) == 0 || !isToken(l.host, true) {
		return l, false
	}
	l.tag(rest)
	return l, true
}

func priority(b []byte) (n int, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '<' {
		return 0, nil, false
	}
	for i := 1; i < len(b) && i < 5; i++ {
		switch c := b[i]; {
		case c == '>' && i > 1:
			return n, b[i+1:], n < 192
		case c < '0' || c > '9':
			return 0, nil, false
		default:
			n = 10*n + int(c-'0')
		}
	}
	return 0, nil, false
}

// modern reads RFC 5424 from behind the version: time, host, program, process,
// message id, structured data, message; - for none.
func (l *syslogLine) modern(rest []byte) bool {
	var part [5][]byte
	for i := range part {
		var more bool
		if part[i], rest, more = bytes.Cut(rest, []byte(" ")); !more || len(part[i]) == 0 {
			return false
		}
		if string(part[i]) == "-" {
			part[i] = nil
		}
	}
	if part[0] != nil {
		var ok bool
		if l.time, ok = event.ParseTime(part[0]); !ok {
			return false
		}
	}
	l.host, l.program, l.pid = part[1], part[2], part[3]
	l.message = bytes.TrimPrefix(behindData(rest), []byte("\xef\xbb\xbf"))
	return true
}

// behindData is what follows structured data: - or one [id key="value"] after another.
func behindData(b []byte) []byte {
	if len(b) > 0 && b[0] == '-' {
		return bytes.TrimPrefix(b[1:], []byte(" "))
	}
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && quoted:
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == ']' && !quoted && (i+1 == len(b) || b[i+1] != '['):
			return bytes.TrimPrefix(b[i+1:], []byte(" "))
		}
	}
	return b
}

// stamp reads the time at the begin of a line, and the space behind it.
func (l *syslogLine) stamp(b []byte, read int64) (rest []byte, ok bool) {
	if at := bytes.IndexByte(b, ' '); at >= len("2006-01-02T15:04:05Z") && b[4] == '-' && b[10] == 'T' {
		l.time, ok = event.ParseTime(b[:at])
		return b[at+1:], ok
	}
	const classic = len("Jan _2 15:04:05")
	if len(b) <= classic || b[classic] != ' ' || b[3] != ' ' || b[6] != ' ' {
		return nil, false
	}
	t, err := time.Parse(time.Stamp, string(b[:classic]))
	if err != nil {
		return nil, false
	}
	l.time = dated(t, time.Unix(0, read).UTC())
	return b[classic+1:], true
}

// dated gives a time the year in which it last occurred before read, a day of
// tolerance included.
func dated(t, read time.Time) int64 {
	for year := read.Year() + 1; ; year-- {
		when := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
		if when.Day() == t.Day() && !when.After(read.AddDate(0, 0, 1)) { // the 29th of February is not in every year
			return when.UnixNano()
		}
	}
}

// tag reads "program[pid]: message". Without it all is message.
func (l *syslogLine) tag(b []byte) {
	l.message = b
	end := bytes.IndexAny(b, ":[ ")
	if end <= 0 || end > 64 || !isToken(b[:end], false) {
		return
	}
	program, rest := b[:end], b[end:]
	var pid []byte
	if rest[0] == '[' {
		stop := bytes.IndexByte(rest, ']')
		if stop < 0 {
			return
		}
		pid, rest = rest[1:stop], rest[stop+1:]
	}
	if len(rest) == 0 || rest[0] != ':' {
		return
	}
	l.program, l.pid = program, pid
	l.message = bytes.TrimPrefix(rest[1:], []byte(" "))
}

// isToken reports whether b can name a host, or else a program.
func isToken(b []byte, host bool) bool {
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		case host && (c == ':' || c == '%' || c == '*'): // IPv6
		case !host && (c == '/' || c == '(' || c == ')' || c == '@' || c == '+'):
		default:
			return false
		}
	}
	return true
}

// auth reports whether a line is one of linux.auth.
func (l *syslogLine) auth() bool {
	if l.priority >= 0 {
		if f := l.priority >> 3; f == facilityAuth || f == facilityAuthPriv {
			return true
		}
	}
	name := l.program
	if i := bytes.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if i := bytes.IndexByte(name, '('); i > 0 {
		name = name[:i]
	}
	switch string(name) {
	case "sshd", "sshd-session", "sudo", "su", "login", "passwd", "chpasswd", "chage", "chfn", "chsh",
		"useradd", "userdel", "usermod", "adduser", "deluser", "groupadd", "groupdel", "groupmod", "gpasswd", "newgrp",
		"systemd-logind", "systemd-user", "polkitd", "polkit-agent-helper-1", "pkexec", "unix_chkpwd", "pam_unix",
		"gdm-password", "gdm", "lightdm", "sddm", "xrdp-sesman", "sssd", "sssd_be", "krb5kdc", "realmd":
		return true
	}
	return false
}
