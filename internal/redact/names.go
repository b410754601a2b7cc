package redact

import "bytes"

// strength says how sure a name makes that its value is a secret.
type strength uint8

const (
	harmless strength = iota
	// weak names are words of ordinary language too: "token: unexpected end".
	// In text they need more than a colon before what looks like a word.
	weak
	// scheme is that of Authorization: the value begins with a word that is no
	// secret, Bearer or Basic.
	scheme
	// line is that of cookies: all up to the end of the line is the value.
	line
	strong
)

// secretEnds are what the names of secrets end with, in normal form.
var secretEnds = []nameEnd{
	{"password", strong}, {"passwords", strong}, {"passwd", strong}, {"passphrase", strong},
	{"passcode", weak}, {"pwd", weak},
	{"secret", strong}, {"secretkey", strong}, {"secretaccesskey", strong},
	{"secretstring", strong}, {"secretbinary", strong},
	{"token", strong}, {"tokenvalue", strong},
	{"privatekey", strong}, {"privatekeypem", strong}, {"keymaterial", strong},
	{"apikey", strong}, {"presharedkey", strong},
	{"plaintext", weak}, {"samlassertion", strong}, {"samlresponse", strong},
	{"base32stringseed", strong},
	{"authorization", scheme}, {"cookie", line},
}

type nameEnd struct {
	end string
	strength
}

// byLast sorts the ends by their last byte, so that most names are judged by
// theirs.
func byLast() (all [256][]nameEnd) {
	for _, e := range secretEnds {
		last := e.end[len(e.end)-1]
		all[last] = append(all[last], e)
	}
	return all
}

// shortPass are the names that end with "pass" and mean a password; others are
// bypass, compass and the like.
var shortPass = []string{"dbpass", "sshpass", "userpass", "rootpass", "adminpass", "storepass", "keypass", "certpass", "smtppass", "mypass", "proxypass"}

// harmlessEnds are what ends like a secret and is none: AWS's own words for
// pages, repeated requests and locks, and its names for things that hold secrets.
var harmlessEnds = []string{
	"clienttoken", "nexttoken", "requesttoken", "continuationtoken", "idempotencytoken", "idempotenttoken",
	"paginationtoken", "pagetoken", "startingtoken", "starttoken", "forwardtoken", "backwardtoken", "previoustoken",
	"prevtoken", "sequencetoken", "changetoken", "locktoken", "creationtoken", "updatetoken", "revisiontoken",
	"resumetoken", "synctoken", "deltatoken", "deduplicationtoken", "lasttoken", "markertoken",
	"oldpwd", "masterusersecret", "asplaintext",
}

// nameSize is the longest name that is looked at. Longer ones are judged by
// their last bytes.
const nameSize = 64

// normal appends name in normal form: lower case, without '_', '-', '.' and blanks.
func normal(dst, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c != '_' && c != '-' && c != '.' && c != ' ':
			dst = append(dst, c)
		}
	}
	return dst
}

// strength judges a name as it stands in a record, unescaped.
func (r *Redactor) strength(name []byte) strength {
	var buf [nameSize]byte
	n := normal(buf[:0], name[max(0, len(name)-nameSize):])
	if len(n) == 0 {
		return harmless
	}
	if len(r.keys) > 0 && r.keys[string(n)] {
		return strong
	}
	for _, s := range r.ends[n[len(n)-1]] {
		switch {
		case !ends(n, s.end) || s.end == "pwd" && !endsFold(name, "pwd"):
		case string(n) == "token" || string(n) == "secret":
			return weak
		case harmlessName(n):
			return harmless
		default:
			return s.strength
		}
	}
	if endsFold(name, "pass") {
		return passStrength(name, n)
	}
	return harmless
}

func harmlessName(n []byte) bool {
	for _, end := range harmlessEnds {
		if ends(n, end) {
			return true
		}
	}
	return false
}

// passStrength judges a name that ends with pass: alone, behind a separator, or
// one of those known.
func passStrength(name, n []byte) strength {
	if len(n) == len("pass") {
		return weak
	}
	if i := len(name) - len("pass"); i > 0 && (name[i-1] == '_' || name[i-1] == '-') {
		return strong
	}
	for _, end := range shortPass {
		if ends(n, end) {
			return strong
		}
	}
	return harmless
}

func endsFold(name []byte, end string) bool {
	i := len(name) - len(end)
	return i >= 0 && bytes.EqualFold(name[i:], []byte(end))
}

func ends(n []byte, end string) bool {
	return len(n) >= len(end) && string(n[len(n)-len(end):]) == end
}

// userData are the keys of a script that an instance is started with, in base64.
var userData = []string{"userdata"}

// pairNames and pairValues are the keys of objects that hold a name and its
// value side by side: {"name":"DB_PASSWORD","value":"…"}.
var (
	pairNames  = []string{"name", "key", "parametername", "parameterkey", "variablename", "attributename", "headername", "fieldname", "optionname", "envname"}
	pairValues = []string{"value", "parametervalue", "variablevalue", "attributevalue", "headervalue", "fieldvalue", "optionvalue", "envvalue"}
)

func oneOf(key []byte, list []string) bool {
	if len(key) < 3 || len(key) > nameSize {
		return false
	}
	// Most keys are told apart by their last letter.
	if last := key[len(key)-1] | 0x20; last != 'e' && last != 'y' && last != 'a' {
		return false
	}
	var buf [nameSize]byte
	n := normal(buf[:0], key)
	for _, s := range list {
		if string(n) == s {
			return true
		}
	}
	return false
}

// masks are what stands where others have taken a secret out already.
var masks = []string{
	Marker, "[REDACTED]", "<redacted>", "HIDDEN_DUE_TO_SECURITY_REASONS", "<sensitiveDataRemoved>",
	"Value hidden due to security reasons.", "[HIDDEN]", "null", "None", "true", "false",
}

// kept reports whether a value is no secret although its name says so: empty,
// masked already, or an ARN, which names a secret without telling it.
func kept(value []byte) bool {
	value = bytes.TrimSpace(value)
	for _, m := range masks {
		if len(value) == len(m) && bytes.EqualFold(value, []byte(m)) {
			return true
		}
	}
	if bytes.HasPrefix(value, []byte("arn:aws")) && bytes.Count(value, []byte(":")) >= 5 && bytes.IndexByte(value, ' ') < 0 {
		return true
	}
	return len(bytes.Trim(value, "*")) == 0 || bytes.HasPrefix(value, []byte("{{resolve:")) && bytes.HasSuffix(value, []byte("}}"))
}
