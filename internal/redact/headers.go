package redact

import "bytes"

// bearer finds the token behind the word Bearer.
func bearer(dst []span, text []byte, at int) []span {
	begin := at - 1
	i := at + window
	if begin < 0 || upper(text[begin]) != 'B' || begin > 0 && alnum(text[begin-1]) && text[begin-1] != 'n' {
		return dst
	}
	blank := i
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	if i == blank && bytes.HasPrefix(text[i:], []byte("%20")) {
		i += 3
	}
	end := run(text, i, "-._~+/=%")
	if i == blank || end-i < 16 {
		return dst
	}
	return secret(dst, text, i, end)
}

// authorization takes the credentials out of the value of an Authorization
// header and keeps its scheme. Of AWS's own only the signature is secret; the
// finder of signatures takes that.
func authorization(dst []span, text []byte, at int) []span {
	if opensQuote(text, at) {
		from, to, _, _ := quoted(text, at)
		text, at = text[:to], from
	}
	end := run(text, at, "-")
	schemeName := text[at:end]
	if bytes.HasPrefix(schemeName, []byte("AWS4-")) {
		return dst
	}
	i := end
	for i < len(text) && text[i] == ' ' {
		i++
	}
	if i == end { // no scheme: a bare token
		return secret(dst, text, at, bare(text, at, false))
	}
	for _, s := range []string{"Basic", "Bearer", "Token", "Negotiate", "NTLM", "Splunk", "ApiKey", "Digest", "Key", "SSWS", "GenieKey", "AWS"} {
		if bytes.EqualFold(schemeName, []byte(s)) {
			if s == "Digest" {
				return secret(dst, text, i, lineEnd(text, i))
			}
			return secret(dst, text, i, bare(text, i, false))
		}
	}
	if secretish(schemeName) {
		return secret(dst, text, at, bare(text, at, false))
	}
	return dst
}

// signature finds the signature of a presigned URL or of an Authorization
// header: who has it may do what was signed until it expires.
func signature(dst []span, text []byte, at int) []span {
	from, to := nameAround(text, at)
	i := separator(text, to)
	if !signatureName(text[from:to]) || i == to || text[to] == ':' {
		return dst
	}
	end := run(text, i, "+/=_%-.~")
	if n := bytes.Index(text[i:end], []byte("%26")); n >= 0 {
		end = i + n
	}
	if end-i < 16 {
		return dst
	}
	return secret(dst, text, i, end)
}

func signatureName(name []byte) bool {
	for _, s := range []string{"X-Amz-Signature", "Signature", "X-Goog-Signature", "sig"} {
		if bytes.EqualFold(name, []byte(s)) {
			return true
		}
	}
	return false
}

// isSignature is the glance for signature: SignatureVersion stands in every
// record of S3.
func isSignature(b []byte, at int) bool {
	from, to := nameAround(b, at)
	return from > 0 && b[from-1] == '\\' || signatureName(b[from:to])
}

// webhook finds the path of a Slack webhook, which is all that one needs.
func webhook(dst []span, text []byte, at int) []span {
	i := bytes.IndexByte(text[at:], '/')
	const path = "/services/"
	if i < 0 || i > 16 || !bytes.HasPrefix(text[at+i:], []byte(path)) {
		return dst
	}
	begin := at + i + len(path)
	return secret(dst, text, begin, run(text, begin, "/"))
}

// userinfos appends the passwords of scheme://user:password@host. A slash would
// end the authority, but one that nobody escaped is common in passwords, and
// then the host follows behind the @ all the same.
func userinfos(dst []span, text []byte) []span {
	for at := userinfoNear(text, 0); at >= 0; at = userinfoNear(text, at+1) {
		low := max(0, at-userinfoSize)
		for end := at; ; {
			i := bytes.LastIndex(text[low:end], []byte("://"))
			if i < 0 {
				break
			}
			end = low + i
			user := end + len("://")
			if bytes.ContainsAny(text[user:at], " \t\r\n\"<>") {
				break
			}
			if colon := bytes.IndexByte(text[user:at], ':'); colon >= 0 {
				dst = secret(dst, text, user+colon+1, at)
				break
			}
		}
	}
	return dst
}
