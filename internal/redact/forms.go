package redact

import "bytes"

// finder appends the secret that a needle at text[at] is a part of, if it is.
type finder func(dst []span, text []byte, at int) []span

// form is a kind of secret that shows by its first bytes.
type form struct {
	// prefix is how it begins, case and all; ? stands for any letter or digit.
	prefix string
	// from is where in the prefix the needle lies.
	from int
	// bytes are what it is made of besides letters and digits.
	bytes string
	// size is the shortest that is taken for one, prefix included.
	size int
}

// forms are tokens with a prefix that says whose they are. The AWS ones are
// base64 of the protocol buffers that session tokens are: "origin", "e": as
// they begin today, and the older ones ("is_eu-").
var forms = []form{
	{"IQoJb3JpZ2lu", 4, "+/=_%-", 32},
	{"FwoGZXIvYXdz", 4, "+/=_%-", 32},
	{"FQoGZXIvYXdz", 4, "+/=_%-", 32},
	{"github_pat_", 6, "_", 30},
	{"glpat-", 0, "_-", 20},
	{"xoxb-", 0, "-", 20}, {"xoxp-", 0, "-", 20}, {"xoxa-", 0, "-", 20}, {"xoxr-", 0, "-", 20},
	{"xoxs-", 0, "-", 20}, {"xoxe.", 0, "-.", 20}, {"xapp-", 0, "-", 20},
	{"sk_live_", 1, "_", 20}, {"rk_live_", 1, "_", 20},
	{"AIzaSy", 0, "_-", 35},
	{"ghp_", -1, "", 30}, {"gho_", -1, "", 30}, {"ghu_", -1, "", 30}, {"ghs_", -1, "", 30}, {"ghr_", -1, "", 30},
}

// formNeedles are the needles of what shows by its form.
func formNeedles() []needle {
	var all []needle
	for _, f := range forms {
		n := needle{kind: kindForm, find: f.find, glance: f.begins}
		if f.from < 0 {
			n.want[0], n.lead = anything(), true
		}
		for i := range n.want {
			if at := f.from + i; at >= 0 {
				n.want[i] = string(upper(f.prefix[at]))
			}
		}
		all = append(all, n)
	}
	for _, key := range []string{"AKIA", "ASIA"} {
		all = append(all, needle{kind: kindForm, find: accessKey, glance: accessKeyEscaped, lead: true,
			want: [window]string{boundary(), key[:1], key[1:2], key[2:3], key[3:]}})
	}
	for _, head := range []string{"yJhbG", "yJlbm", "yJ0eX", "yJraW", "yJjdH", "yJ6aX"} {
		n := word(kindForm, head)
		n.find, n.glance = jwt, sees(jwt)
		all = append(all, n)
	}
	return append(all,
		needle{kind: kindForm, find: jwt, glance: sees(jwt), want: [window]string{".", "E", "Y", "J", base64Next}},
		needle{kind: kindForm, find: privateKey, glance: isPrivate, want: [window]string{"E", " ", "K", "E", "Y"}},
		needle{kind: kindForm, find: bearer, want: [window]string{"E", "A", "R", "E", "R"}},
		needle{kind: kindForm, find: signature, glance: isSignature, want: [window]string{"I", "G", "N", "A", "T"}},
		needle{kind: kindForm, find: signature, want: [window]string{"?&;6\\", "S", "I", "G", "=%\\"}},
		needle{kind: kindForm, find: webhook, want: [window]string{"S", ".", "S", "L", "A"}},
	)
}

// sees is a glance that looks for the secret itself, for forms in which nothing
// can be escaped.
func sees(find finder) func([]byte, int) bool {
	return func(b []byte, at int) bool { return len(find(nil, b, at)) > 0 }
}

// alnum reports whether c is a letter or digit.
func alnum(c byte) bool { return nameByte(c) && c != '_' && c != '-' }

// run is the end of the letters, digits and bytes of extra from i on.
func run(text []byte, i int, extra string) int {
	for i < len(text) && (alnum(text[i]) || has(extra, text[i])) {
		i++
	}
	return i
}

// begins reports whether the whole prefix stands around its needle.
func (f form) begins(text []byte, at int) bool {
	begin := f.begin(at)
	return begin >= 0 && bytes.HasPrefix(text[begin:], []byte(f.prefix))
}

func (f form) begin(at int) int { return at - f.from }

func (f form) find(dst []span, text []byte, at int) []span {
	begin := f.begin(at)
	if !f.begins(text, at) {
		return dst
	}
	end := run(text, begin+len(f.prefix), f.bytes)
	if end-begin < f.size {
		return dst
	}
	return secret(dst, text, begin, end)
}

const (
	accessKeySize = 20
	secretKeySize = 40
)

// accessKey finds a secret access key that stands behind its access key id, as
// in the CSV that the console offers and in s3fs's password file. The secret has
// no form of its own.
func accessKey(dst []span, text []byte, at int) []span {
	end := run(text, at+1, "")
	if end-at-1 != accessKeySize {
		return dst
	}
	begin := end
	for begin < len(text) && begin-end < 4 && has(",:;|\"'\\ \t\r\n", text[begin]) {
		begin++
	}
	if end = run(text, begin, "/+"); begin == at+1+accessKeySize || end-begin != secretKeySize {
		return dst
	}
	return secret(dst, text, begin, end)
}

// accessKeyEscaped is the glance for accessKey: nearly all access key ids stand
// in quotes, and a field of another length follows them.
func accessKeyEscaped(b []byte, at int) bool {
	end := at + 1 + accessKeySize
	if end >= len(b) || alnum(b[end]) {
		return false
	}
	if i := end + len(`","`) + secretKeySize; i < len(b) && b[end] == '"' && b[end+1] == ',' && b[end+2] == '"' && b[i] != '"' {
		return false
	}
	return b[end] == '\\' || len(accessKey(nil, b, at)) > 0
}

// jwtSize bounds how far a JSON Web Token's header is looked for backwards.
const jwtSize = 2048

// jwt finds a JSON Web Token, three runs of base64url with dots between (or
// five, encrypted): its header or its payload begins at the needle. The
// signature may be missing.
func jwt(dst []span, text []byte, at int) []span {
	begin := at
	for begin > 0 && at-begin < jwtSize && (alnum(text[begin-1]) || text[begin-1] == '_' || text[begin-1] == '-') {
		begin--
	}
	if !bytes.HasPrefix(text[begin:], []byte("ey")) && !bytes.HasPrefix(text[begin:], []byte("ew")) {
		// Behind an escape in text that was not unescaped.
		if begin == 0 || text[begin-1] != '\\' {
			return dst
		}
		begin++
	}
	header := run(text, begin, "_-")
	if header-begin < 8 || header == len(text) || text[header] != '.' {
		return dst
	}
	payload := run(text, header+1, "_-")
	if end := run(text, payload, "_-."); payload-header > 8 || end-payload > 8 {
		return secret(dst, text, begin, end)
	}
	return dst
}

// privateKey finds a PEM block of a private key, up to its end line or, cut
// off, to the end of the text.
func privateKey(dst []span, text []byte, at int) []span {
	const fence = "-----"
	low := max(0, at-64)
	begin := bytes.LastIndex(text[low:at], []byte(fence+"BEGIN "))
	if begin < 0 || !isPrivate(text, at) || bytes.ContainsAny(text[low+begin:at], "\n\"") {
		return dst
	}
	begin += low
	end := len(text)
	if n := bytes.Index(text[at:], []byte(fence+"END ")); n >= 0 {
		end = at + n
		if m := bytes.Index(text[end+len(fence):], []byte(fence)); m >= 0 && m < 64 {
			end += m + 2*len(fence)
		}
	}
	return secret(dst, text, begin, end)
}

// isPrivate is the glance for privateKey.
func isPrivate(text []byte, at int) bool {
	return at >= 0 && bytes.HasSuffix(text[:at+window], []byte("PRIVATE KEY"))
}
