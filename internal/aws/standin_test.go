package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// cloud stands in for AWS as its API references have it, where the emulators
// are lenient: external ids, trust, expiry, and errors in AWS's own words.
type cloud struct {
	url string

	mu       sync.Mutex
	trust    map[string]trusted // by role ARN
	keys     map[string]key     // by access key id
	assumed  []url.Values       // the requests, in order
	lifetime time.Duration
	// fails is asked before every operation but AssumeRole; code "" is success.
	fails func(k key, operation string) failure
	calls map[string]int
}

type trusted struct{ by, externalID string }

type key struct {
	arn     string // of the principal
	revoked bool
}

type failure struct {
	status        int
	code, message string
	header        map[string]string
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{trust: map[string]trusted{}, lifetime: time.Hour, calls: map[string]int{},
		keys: map[string]key{"AKIAFIRST": {arn: "arn:aws:iam::111111111111:user/forwarder"}}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.url = s.URL
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAFIRST", "AWS_SECRET_ACCESS_KEY": "none", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "",
	} {
		t.Setenv(k, v)
	}
	return c
}

func (c *cloud) options(roles ...Role) Options {
	o := Defaults()
	o.Region, o.Endpoint, o.AssumeRole, o.MaxAttempts = "us-east-1", c.url, roles, 3
	return o
}

// quick is a pool without waiting between attempts.
func quick() *Pool {
	p := NewPool()
	p.backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	return p
}

func session(t *testing.T, p *Pool, o Options) *Session {
	t.Helper()
	s, err := p.Session(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var credential = regexp.MustCompile(`Credential=(\w+)/`)

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	m := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		c.fail(w, r, failure{403, "MissingAuthenticationToken", "Request is missing Authentication Token", nil})
		return
	}
	form, _ := url.ParseQuery(string(body))
	operation := form.Get("Action")
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, operation, _ = strings.Cut(target, ".")
	} else if operation == "" {
		operation = r.Method
	}
	c.calls[operation]++
	k, known := c.keys[m[1]]
	switch {
	case !known:
		c.fail(w, r, failure{403, "InvalidClientTokenId", "The security token included in the request is invalid.", nil})
	case k.revoked:
		c.fail(w, r, failure{403, "ExpiredToken", "The security token included in the request is expired", nil})
	case operation == "AssumeRole":
		c.assume(w, r, k, form)
	default:
		c.serve(w, r, k, operation)
	}
}

func (c *cloud) serve(w http.ResponseWriter, r *http.Request, k key, operation string) {
	if c.fails != nil {
		if f := c.fails(k, operation); f.code != "" {
			c.fail(w, r, f)
			return
		}
	}
	if operation == "GetCallerIdentity" {
		fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
			<Arn>%s</Arn><UserId>U</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, k.arn, strings.Split(k.arn, ":")[4])
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	io.WriteString(w, "{}")
}

func (c *cloud) assume(w http.ResponseWriter, r *http.Request, by key, form url.Values) {
	c.assumed = append(c.assumed, form)
	role := form.Get("RoleArn")
	want, known := c.trust[role]
	if !known || want.by != "" && !strings.Contains(by.arn, want.by) || want.externalID != "" && form.Get("ExternalId") != want.externalID {
		c.fail(w, r, failure{403, "AccessDenied", "User: " + by.arn + " is not authorized to perform: sts:AssumeRole on resource: " + role, nil})
		return
	}
	part := strings.SplitN(role, ":", 6)
	id := fmt.Sprintf("ASIA%d", len(c.keys))
	c.keys[id] = key{arn: "arn:aws:sts::" + part[4] + ":assumed-role/" + strings.TrimPrefix(part[5], "role/") + "/" + form.Get("RoleSessionName")}
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
		<AccessKeyId>%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration>
		</Credentials><AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>r</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`,
		id, time.Now().Add(c.lifetime).UTC().Format(time.RFC3339), c.keys[id].arn)
}

// fail answers in the protocol of the request: JSON, query or S3.
func (c *cloud) fail(w http.ResponseWriter, r *http.Request, f failure) {
	for k, v := range f.header {
		w.Header().Set(k, v)
	}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(f.status)
		json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws#" + f.code, "message": f.message})
	case r.Method == http.MethodPost:
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, f.code, f.message)
	default:
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>r</RequestId></Error>`, f.code, f.message)
	}
}

func (c *cloud) with(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *cloud) called(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[operation]
}
