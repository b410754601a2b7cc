package ssm

import (
	"bytes"
	"regexp"
)

// prompt is what shells write before a command: "$ ", "sh-4.2$ ",
// "[ada@render ~]$ ", "root@ip-10-0-0-1:/var/log# ", "bash-5.2# " and PowerShell's
// "PS C:\Users> ". What programs print may look like it: a heading "# x" would,
// so that a # alone is none.
var prompt = regexp.MustCompile(`^(?:\$|\[[^\]\n]{1,100}\]\s?[$#]|[\w.@~-][\w.@:~/+-]{0,100}[$#]|PS [^>\n]{1,200}>)\s+(\S.*)$`)

// typed appends the commands in what was shown.
func typed(dst [][]byte, shown []byte) [][]byte {
	for line := range bytes.Lines(shown) {
		if m := prompt.FindSubmatch(bytes.TrimRight(line, "\r\n")); m != nil {
			dst = append(dst, bytes.TrimRight(m[1], " \t"))
		}
	}
	return dst
}

// keyLine is a line of base64 as a private key has them: its first line may be
// in another record.
var keyLine = regexp.MustCompile(`(?m)^[ \t]*([A-Za-z0-9+/]{48,}={0,2})[ \t\r]*$`)

// keyLines takes out the lines of base64 in text.
func keyLines(text []byte, marker string) (out []byte, changed bool) {
	at := 0
	for _, m := range keyLine.FindAllSubmatchIndex(text, -1) {
		if !mixed(text[m[2]:m[3]]) {
			continue
		}
		out = append(append(out, text[at:m[2]]...), marker...)
		at, changed = m[3], true
	}
	if !changed {
		return text, false
	}
	return append(out, text[at:]...), true
}

// mixed tells base64 from hashes in hexadecimal, paths and rules of letters.
func mixed(b []byte) bool {
	var upper, lower, digit bool
	for _, c := range b {
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
		digit = digit || c >= '0' && c <= '9'
	}
	return upper && lower && digit
}
