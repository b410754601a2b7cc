package testground

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// OrganizationRole is the role of whom [Cloud.Account] returns the credentials.
// It may do everything in its account.
const OrganizationRole = "OrganizationAccountAccessRole"

// Account is an AWS account of the emulator, with credentials that may do
// everything in it.
type Account struct {
	ID                                 string
	AccessKey, SecretKey, SessionToken string
}

// Account makes an account of the test's own, in moto. The credentials are those of
// [OrganizationRole] in it.
func (c Cloud) Account(t testing.TB) Account {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	a := Account{ID: n.Add(n, big.NewInt(100_000_000_000)).String(), AccessKey: "anybody"}
	// The second time the role is there, so that what it may do is known when
	// moto enforces it.
	a = c.assume(t, a, OrganizationRole)
	c.Role(t, a, OrganizationRole, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	return c.assume(t, a, OrganizationRole)
}

// Role makes a role in an account of moto and returns its ARN. Any principal
// may assume it: moto looks at no trust policy.
func (c Cloud) Role(t testing.TB, a Account, name, policy string) string {
	t.Helper()
	arn := "arn:aws:iam::" + a.ID + ":"
	c.iam(t, a, url.Values{"Action": {"CreateRole"}, "RoleName": {name}, "AssumeRolePolicyDocument": {
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`,
	}})
	// A policy of its own, because moto's enforcement fails on inline ones.
	c.iam(t, a, url.Values{"Action": {"CreatePolicy"}, "PolicyName": {name}, "PolicyDocument": {policy}})
	c.iam(t, a, url.Values{"Action": {"AttachRolePolicy"}, "RoleName": {name}, "PolicyArn": {arn + "policy/" + name}})
	return arn + "role/" + name
}

// Enforce makes moto judge, from now on, what the caller may do: S3 and SQS by
// action and resource, other services by action against `*` only. Conditions,
// and with them external ids, are never looked at. Only for a moto of the
// test's own ([AWSAlone]), and after its accounts and roles were made.
func (c Cloud) Enforce(t testing.TB) {
	t.Helper()
	c.send(t, "/moto-api/reset-auth", "0", http.Header{"Content-Type": {"text/plain"}})
}

// assume returns new credentials of a role in the account.
func (c Cloud) assume(t testing.TB, a Account, role string) Account {
	t.Helper()
	text := c.post(t, a, "sts", url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleSessionName": {"test"},
		"RoleArn": {"arn:aws:iam::" + a.ID + ":role/" + role},
	}.Encode())
	var answer struct {
		Result struct {
			Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		} `xml:"AssumeRoleResult"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	got := answer.Result.Credentials
	return Account{a.ID, got.AccessKeyId, got.SecretAccessKey, got.SessionToken}
}

func (c Cloud) iam(t testing.TB, a Account, form url.Values) {
	t.Helper()
	form.Set("Version", "2010-05-08")
	c.post(t, a, "iam", form.Encode())
}

// post sends a form to a service, unsigned: a moto that does not enforce looks at the
// access key alone, for the account.
func (c Cloud) post(t testing.TB, a Account, service, form string) []byte {
	t.Helper()
	return c.send(t, "/", form, http.Header{
		"Content-Type":         {"application/x-www-form-urlencoded"},
		"X-Amz-Security-Token": {a.SessionToken},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=" + a.AccessKey + "/20260101/us-east-1/" + service +
			"/aws4_request, SignedHeaders=host, Signature=0"},
	})
}

func (c Cloud) send(t testing.TB, path, body string, header http.Header) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v\n%s", c.URL+path, res.Status, err, text)
	}
	return text
}
