package aws

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucketServer answers every GetObject with the same content, and keeps what it
// was asked.
type bucketServer struct {
	t      *testing.T
	asked  []*http.Request
	status int
}

func (b *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.asked = append(b.asked, r)
	if b.status != http.StatusOK {
		http.Error(w, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>", b.status)
		return
	}
	w.Header().Set("ETag", `"tag"`)
	_, _ = io.WriteString(w, "content")
}

func (b *bucketServer) objects() *Objects {
	b.t.Helper()
	server := httptest.NewServer(b)
	b.t.Cleanup(server.Close)
	b.t.Setenv("AWS_ACCESS_KEY_ID", "AKIAFIRST")
	b.t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b.t.Setenv("AWS_SESSION_TOKEN", "token")
	o := Defaults()
	o.Endpoint, o.Region, o.MaxAttempts = server.URL, "eu-west-1", 1
	s, err := NewPool().Session(b.t.Context(), o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.pool.client(o.Timeout).GetTransport().CloseIdleConnections() })
	return s.Objects()
}

// signed reports whether the signature is that of the request as it came.
func signed(t *testing.T, r *http.Request) bool {
	t.Helper()
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := http.NewRequestWithContext(t.Context(), r.Method, "http://"+r.Host+r.RequestURI, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	for name := range strings.SplitSeq(list, ";") {
		if name != "host" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	who := sdk.Credentials{AccessKeyID: "AKIAFIRST", SecretAccessKey: "secret", SessionToken: "token"}
	if err := signer.SignHTTP(t.Context(), who, again, ofNothing, "s3", "eu-west-1", at); err != nil {
		t.Fatal(err)
	}
	return again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

// TestTheShortWayAsksForTheSameAsTheClient: the same path, whatever the key, and a
// signature that holds.
func TestTheShortWayAsksForTheSameAsTheClient(t *testing.T) {
	b := &bucketServer{t: t, status: http.StatusOK}
	c := b.objects()
	for _, key := range []string{"a", "AWSLogs/1/x_Z.json.gz", "a b+c/%41/ü=&?#;:@~!$'()*.gz", "/leading//twice/", "."} {
		b.asked = nil
		in := &s3.GetObjectInput{Bucket: sdk.String("logs"), Key: &key}
		out, err := c.GetObject(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(out.Body)
		_ = out.Body.Close()
		if err != nil || string(content) != "content" || *out.ContentLength != 7 || *out.ETag != `"tag"` {
			t.Errorf("%q: %q, %v", key, content, err)
		}
		long, err := c.Client.GetObject(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		_ = long.Body.Close()
		short, long2 := b.asked[0], b.asked[1]
		if short.RequestURI != strings.TrimSuffix(long2.RequestURI, "?x-id=GetObject") || short.Header.Get("User-Agent") != "burstwatch" || short.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%q: %s %v, and the client %s", key, short.RequestURI, short.Header, long2.RequestURI)
		}
		if !signed(t, short) {
			t.Errorf("%q: the signature %s is not that of %s", key, short.Header.Get("Authorization"), short.RequestURI)
		}
	}
}

// TestTheClientHasTheLastWord: what fails is asked again by the client, whose error
// it is, and for a while only by the client; so is what is asked for in any other way.
func TestTheClientHasTheLastWord(t *testing.T) {
	b := &bucketServer{t: t, status: http.StatusNotFound}
	c := b.objects()
	in := &s3.GetObjectInput{Bucket: sdk.String("logs"), Key: sdk.String("gone")}
	for _, want := range []int{2, 1} {
		b.asked = nil
		_, err := c.GetObject(t.Context(), in)
		if KindOf(err) != NotFound || !strings.Contains(err.Error(), "s3://logs/gone") || len(b.asked) != want {
			t.Errorf("asked %d times: %v", len(b.asked), err)
		}
	}
	c.resting.Store(0)
	b.status = http.StatusOK
	for _, in := range []s3.GetObjectInput{
		{Range: sdk.String("bytes=1-2")}, {VersionId: sdk.String("1")}, {ChecksumMode: types.ChecksumModeEnabled}, {IfMatch: sdk.String("tag")},
	} {
		b.asked = nil
		in.Bucket, in.Key = sdk.String("logs"), sdk.String("a")
		out, err := c.GetObject(t.Context(), &in)
		if err != nil || len(b.asked) != 1 || b.asked[0].Header.Get("User-Agent") == "burstwatch" {
			t.Errorf("asked %d times: %v", len(b.asked), err)
		}
		_ = out.Body.Close()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.GetObject(gone, in); err == nil || c.resting.Load() != 0 {
		t.Errorf("whoever gave up got %v, and the client alone is asked", err)
	}
}

// TestOnlyOrdinaryBucketsAreAskedTheShortWay: what is signed in another way is not.
func TestOnlyOrdinaryBucketsAreAskedTheShortWay(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAFIRST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	o := Defaults()
	o.Region = "eu-west-1"
	s, err := NewPool().Session(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Objects()
	var got []string
	for _, bucket := range []string{
		"logs", "logs.studio", "arn:aws:s3:eu-west-1:111111111111:accesspoint/logs", "arn:aws:s3::111111111111:accesspoint/logs.mrap",
		"logs--euw1-az1--x-s3", "logs-abcdefghijklmnopqrstuvwxyz12345-s3alias", "UPPER_case",
	} {
		h := c.host(t.Context(), bucket)
		got = append(got, h.url.String()+" "+h.region)
	}
	want := []string{"https://logs.s3.eu-west-1.amazonaws.com eu-west-1", "https://s3.eu-west-1.amazonaws.com/logs.studio eu-west-1", " ", " ", " ",
		"https://logs-abcdefghijklmnopqrstuvwxyz12345-s3alias.s3.eu-west-1.amazonaws.com eu-west-1", "https://s3.eu-west-1.amazonaws.com/UPPER_case eu-west-1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
