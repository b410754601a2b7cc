package aws

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/testground/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	hub    = "arn:aws:iam::222222222222:role/hub"
	reader = "arn:aws:iam::333333333333:role/burstwatch/reader"
	queue  = "https://sqs.us-east-1.amazonaws.com/333333333333/trail"
)

func receive(t *testing.T, s *Session) error {
	t.Helper()
	_, err := s.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(queue)})
	return Explain(err)
}

func TestRolesAreAssumedOneThroughTheOther(t *testing.T) {
	c := newCloud(t)
	c.trust[hub] = trusted{by: "user/forwarder"}
	c.trust[reader] = trusted{by: "assumed-role/hub/burstwatch", externalID: "studio-7"}
	s := session(t, quick(), c.options(Role{RoleARN: hub}, Role{RoleARN: reader, ExternalID: "studio-7", SessionName: "audit", Duration: 30 * time.Minute}))
	got, err := s.Identity(t.Context())
	if err != nil || got.Account != "333333333333" || got.ARN != "arn:aws:sts::333333333333:assumed-role/burstwatch/reader/audit" {
		t.Fatal(got, err)
	}
	if s.Account() != "333333333333" {
		t.Error(s.Account())
	}
	if d := c.assumed[1].Get("DurationSeconds"); d != "1800" {
		t.Errorf("asked for %s s", d)
	}
}

func TestSessionsOfTheSameRoleAssumeItOnce(t *testing.T) {
	c := newCloud(t)
	c.trust[reader] = trusted{}
	p := quick()
	for range 3 {
		if err := receive(t, session(t, p, c.options(Role{RoleARN: reader}))); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.called("AssumeRole"); n != 1 {
		t.Errorf("assumed %d times", n)
	}
}

func TestCredentialsAreRenewedBeforeTheyEnd(t *testing.T) {
	c := newCloud(t)
	c.trust[reader], c.lifetime = trusted{}, renewal/3
	s := session(t, quick(), c.options(Role{RoleARN: reader}))
	for range 2 {
		if err := receive(t, s); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.called("AssumeRole"); n != 2 {
		t.Errorf("assumed %d times with credentials that end within the time of renewal", n)
	}
}

func TestCredentialsThatAWSCallsExpiredAreRenewedAtOnce(t *testing.T) {
	c := newCloud(t)
	c.trust[reader] = trusted{}
	s := session(t, quick(), c.options(Role{RoleARN: reader}))
	if err := receive(t, s); err != nil {
		t.Fatal(err)
	}
	c.with(func() { c.keys["ASIA1"] = key{arn: c.keys["ASIA1"].arn, revoked: true} })
	if err := receive(t, s); err != nil {
		t.Error("after the session was revoked:", err)
	}
	c.with(func() { c.keys["AKIAFIRST"] = key{revoked: true}; c.keys["ASIA2"] = key{revoked: true} })
	if err := receive(t, s); KindOf(err) != Expired {
		t.Errorf("with nothing to renew by: %v", err)
	}
}

func TestOneAccountDeniedLeavesTheOthersAlone(t *testing.T) {
	c, p := newCloud(t), quick()
	c.trust[hub] = trusted{}
	denied := session(t, p, c.options(Role{RoleARN: reader, ExternalID: "wrong"}))
	allowed := session(t, p, c.options(Role{RoleARN: hub}))
	if err := receive(t, denied); KindOf(err) != Denied {
		t.Error(err)
	}
	if err := receive(t, allowed); err != nil {
		t.Error(err)
	}
}

func TestNoCredentialsAreSaidInOneSentence(t *testing.T) {
	c := newCloud(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	err := receive(t, session(t, quick(), c.options()))
	if KindOf(err) != NoCredentials || !strings.HasPrefix(err.Error(), "no AWS credentials found for the default credentials") {
		t.Error(err)
	}
}

func TestARegionIsAskedFor(t *testing.T) {
	c := newCloud(t)
	o := c.options()
	o.Region = ""
	_, err := NewPool().Session(t.Context(), o)
	var f plugin.FieldError
	if !errors.As(err, &f) || f.Key != "region" {
		t.Error(err)
	}
}

func TestASilentConnectionIsGivenUp(t *testing.T) {
	s3server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, strings.Repeat("x", 1000000-len("the beginning")))
	}))
	t.Cleanup(s3server.Close)
	wire := fault.NewWire(t, s3server.Listener.Addr().String())
	c := newCloud(t)
	o := c.options()
	o.Endpoint, o.Timeout, o.MaxAttempts = "http://"+wire.Address(), 100*time.Millisecond, 1
	s := session(t, quick(), o)
	res, err := s.S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: sdk.String("b"), Key: sdk.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(res.Body)
	res.Body.Close()
	var network net.Error
	if !errors.As(err, &network) || !network.Timeout() {
		t.Errorf("a body that stalls: %v", err)
	}
	wire.Stall()
	_, err = s.S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: sdk.String("b"), Key: sdk.String("k")})
	if KindOf(err) != Unreachable {
		t.Errorf("an answer that stalls: %v", Explain(err))
	}
}
