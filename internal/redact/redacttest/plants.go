// Package redacttest holds the places in which secrets are found, for tests that
// plant them. Only tests import it; it imports nothing of ours.
package redacttest

// Plant is such a place: a text with %s for the secret, and what the secret is
// made of.
type Plant struct{ Text, Alphabet, Prefix string }

// Alphabets of secrets.
const (
	Base62 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	Base64 = Base62 + "+/"
	Typed  = Base62 + "!#*+.:?@_~^%"
)

// Length is how long a secret is at least and at most, behind its prefix.
func (p Plant) Length() (least, most int) {
	if len(p.Text) > 4 && p.Text[:4] == "AKIA" {
		return 22, 22 // it has one length only
	}
	return 24, 60
}

// Secret makes one: number(n) is a number below n. The last letters are no
// punctuation, which would be the sentence's.
func (p Plant) Secret(number func(n int) int) string {
	least, most := p.Length()
	s := []byte(p.Prefix)
	for range least + number(most-least+1) {
		s = append(s, p.Alphabet[number(len(p.Alphabet))])
	}
	return string(s) + "Z7"
}

// Plants are placed in strings; what stands behind a key is a matter of Keys.
func Plants() []Plant {
	return []Plant{
		{"%s", Base64, "IQoJb3JpZ2luX2VjE"},
		{"token is %s there", Base64, "FwoGZXIvYXdz"},
		{"x %s", Base62, "ghp_aaaaaaaaaa"},
		{"see %s.", Base62, "xoxb-1234567890-"},
		{"export AWS_SECRET_ACCESS_KEY=%s\nls", Base64, "w"},
		{"aws_session_token = %s", Base64, "F"},
		{"AKIAIOSFODNN7EXAMPLE,%s", Base64, "wJalrXUtnFEMIK7M"},
		{"run --password %s --now", Typed, "a"},
		{"run --db-password='%s' --now", Typed + " ()<>|&;,", "a"},
		{"run /password:%s /x", Typed, "a"},
		{"a=b;Password=%s;c=d", Base62 + "!?", "a"},
		{"mysql -u root -p%s db", Typed, "a"},
		{"curl -u farm:%s https://x/", Typed, "a"},
		{"net use \\\\nas\\jobs %s /user:farm", Base62 + "!", "a"},
		{"plink -pw %s h", Typed, "a"},
		{"PGPASSWORD=%s psql", Typed, "a"},
		{"postgres://farm:%s@db/jobs", Base62 + "!.:~", "a"},
		{"https://b/k?a=1&X-Amz-Signature=%s&b=2", "0123456789abcdef", "0123456789abcdef"},
		{"https://b/k?X-Amz-Security-Token=%s&b=2", Base62 + "%-_", "a"},
		{"Authorization: Bearer %s\r\nAccept: x", Base62 + "-._~", "abcdefghijklmnop"},
		{"Authorization: Basic %s", Base64, "abcdefgh"},
		{"-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----\n", Base64, "MII"},
		{"-----BEGIN PRIVATE KEY-----\n%s", Base64, "MII"},
		{"%s.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijkl", Base62 + "-_", "eyJhbGci"},
		{"{\"a\": 1, \"client_secret\" : \"%s\", \"b\": [}", Base62 + ",:{}[]", "a"},
		{"<Password>%s</Password>", Base62 + "!", "a"},
		{"CREATE USER x IDENTIFIED BY '%s';", Base62 + "!;, ", "a"},
		{"echo %s | sudo -S id", Base62, "a"},
	}
}

// Keys are names whose value is a secret.
func Keys() []string {
	return []string{"password", "masterUserPassword", "secretAccessKey", "session_token", "x-amz-security-token", "SAMLAssertion", "webIdentityToken", "privateKeyPem", "apiKey", "clientSecret", "keyMaterial", "plaintext", "secretString"}
}
