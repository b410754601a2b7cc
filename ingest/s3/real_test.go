package s3

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/testground"
	"github.com/burstwatch/burstwatch/internal/testground/fault"
)

// session is one with the credentials of an account at an endpoint.
func session(t *testing.T, url string, a testground.Account, roles ...aws.Role) *aws.Session {
	t.Helper()
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": a.AccessKey, "AWS_SECRET_ACCESS_KEY": a.SecretKey, "AWS_SESSION_TOKEN": a.SessionToken,
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(k, v)
	}
	o := aws.Defaults()
	o.Region, o.Endpoint, o.MaxAttempts, o.AssumeRole = testground.Region, url, 3, roles
	s, err := aws.NewPool().Session(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func anybody() testground.Account { return testground.Account{AccessKey: "x", SecretKey: "x"} }

// ground is a bucket and a queue of real servers, as their owner reaches them.
type ground struct {
	t        *testing.T
	s3       *sdk.Client
	sqs      *sqs.Client
	bucket   string
	queueURL string
}

func newGround(t *testing.T, s3 *sdk.Client, q *sqs.Client, name func(string) string) *ground {
	t.Helper()
	g := &ground{t: t, s3: s3, sqs: q, bucket: name("logs")}
	if _, err := s3.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &g.bucket}); err != nil {
		t.Fatal(err)
	}
	queue := name("news")
	made, err := q.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queue})
	if err != nil {
		t.Fatal(err)
	}
	g.queueURL = *made.QueueUrl
	return g
}

// notify has the bucket tell the queue of new objects.
func (g *ground) notify() {
	g.t.Helper()
	about, err := g.sqs.GetQueueAttributes(g.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &g.queueURL, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.s3.PutBucketNotificationConfiguration(g.t.Context(), &sdk.PutBucketNotificationConfigurationInput{
		Bucket: &g.bucket, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{
			{QueueArn: sdkaws.String(about.Attributes["QueueArn"]), Events: []s3types.Event{"s3:ObjectCreated:*"}},
		}},
	}); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) put(key string, data []byte) {
	g.t.Helper()
	if _, err := g.s3.PutObject(g.t.Context(), &sdk.PutObjectInput{Bucket: &g.bucket, Key: &key, Body: bytes.NewReader(data)}); err != nil {
		g.t.Fatal(err)
	}
}

// announce puts a notification of S3's form into the queue.
func (g *ground) announce(keys ...string) {
	g.t.Helper()
	body := strings.ReplaceAll(announce(keys...), bucket, g.bucket)
	if _, err := g.sqs.SendMessage(g.t.Context(), &sqs.SendMessageInput{QueueUrl: &g.queueURL, MessageBody: &body}); err != nil {
		g.t.Fatal(err)
	}
}

// messages is how many the queue holds, visible or not.
func (g *ground) messages() (n int) {
	about, err := g.sqs.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: &g.queueURL, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		g.t.Fatal(err)
	}
	for _, k := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		i, _ := strconv.Atoi(about.Attributes[k])
		n += i
	}
	return n
}

// station reads this ground through sessions of its own.
func (g *ground) station(s3 objects, q queue) *station {
	s := newStation(g.t)
	s.s3, s.queue, s.fresh = s3, q, g.messages
	s.options.QueueURL, s.options.RetryPause, s.sink = g.queueURL, time.Second, 100*time.Millisecond
	return s
}

// name is what an object's origin is called.
func (g *ground) name(key string) string { return "s3://" + g.bucket + "/" + key }

func ministack(t *testing.T) (*ground, testground.Cloud) {
	t.Helper()
	cloud := testground.Ministack(t)
	s := session(t, cloud.URL, anybody())
	return newGround(t, s.S3(), s.SQS(), cloud.Name), cloud
}

// strict is S3 of ministack, and a queue that is strict about receipts.
func strict(t *testing.T) *ground {
	t.Helper()
	cloud, queues := testground.Ministack(t), testground.SQS(t)
	return newGround(t, session(t, cloud.URL, anybody()).S3(), session(t, queues.URL, anybody()).SQS(), cloud.Name)
}

func TestEachObjectThatS3TellsTheQueueOfIsReadOnce(t *testing.T) {
	g, _ := ministack(t)
	g.notify()
	keys := []string{"AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/05/a.json.gz", "a b+c/é%2F.json", "large"}
	for _, k := range keys {
		g.put(k, content(len(k)*10_000))
	}
	s := g.station(g.s3, g.sqs)
	s.start()
	s.await("the queue is empty", func() bool { return len(s.names()) == len(keys) && s.empty() })
	if err := s.end(); err != nil {
		t.Error(err)
	}
	for _, k := range keys {
		if got := s.got[g.name(k)]; len(got) != 1 || got[0] != string(content(len(k)*10_000)) {
			t.Errorf("%s was read %d times, or wrongly", k, len(got))
		}
	}
	if len(s.kept) > 0 {
		t.Errorf("in quarantine: %q", s.kept) // the test event among others
	}
}

func TestABodyOfS3ThatIsCutIsReadOn(t *testing.T) {
	g, cloud := ministack(t)
	g.put("large", content(2_000_000))
	g.announce("large")
	var mu sync.Mutex
	var ranges []string
	proxy := fault.NewHTTP(t, cloud.URL, nil, func(r *http.Request) fault.Fault {
		if r.Method != http.MethodGet {
			return fault.Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		ranges = append(ranges, r.Header.Get("Range")+" "+r.Header.Get("If-Match"))
		if len(ranges) <= 3 {
			return fault.Fault{CutBody: 500_000}
		}
		return fault.Fault{}
	})
	s := g.station(session(t, proxy.URL, anybody()).S3(), g.sqs)
	s.start()
	s.await("the queue is empty", s.empty)
	s.end()
	if got := s.got[g.name("large")]; len(got) != 1 || got[0] != string(content(2_000_000)) {
		t.Errorf("read %d times, or wrongly", len(got))
	}
	if len(ranges) != 4 || !strings.HasPrefix(ranges[3], "bytes=1500000-") || strings.HasSuffix(ranges[3], " ") {
		t.Errorf("asked for %q", ranges)
	}
}

func TestAThrottlingStormLosesNothing(t *testing.T) {
	g, cloud := ministack(t)
	for i := range 6 {
		g.put(fmt.Sprint(i), content(1000))
		g.announce(fmt.Sprint(i))
	}
	var mu sync.Mutex
	n := 0
	proxy := fault.NewHTTP(t, cloud.URL, nil, func(r *http.Request) fault.Fault {
		mu.Lock()
		defer mu.Unlock()
		if n++; n > 30 || n%4 == 0 {
			return fault.Fault{}
		}
		if r.Method == http.MethodPost {
			return fault.Fault{Status: 400, Header: map[string]string{"Content-Type": "application/x-amz-json-1.0"}, Body: `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}`}
		}
		return fault.Fault{Status: 503, Body: `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`}
	})
	through := session(t, proxy.URL, anybody())
	s := g.station(through.S3(), through.SQS())
	s.start()
	for !s.empty() || len(s.names()) < 6 {
		select {
		case err := <-s.done: // as the pipeline does
			if aws.KindOf(err) != aws.Throttled {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			s.run()
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.end()
	if len(s.kept) > 0 {
		t.Errorf("in quarantine: %q", s.kept)
	}
}

func TestAnExpiredRoleIsRenewed(t *testing.T) {
	cloud := testground.AWS(t)
	central, production := cloud.Account(t), cloud.Account(t)
	everything := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	role := aws.Role{RoleARN: cloud.Role(t, production, "reader", everything), ExternalID: "studio-7"}
	owner := session(t, cloud.URL, production)
	g := newGround(t, owner.S3(), owner.SQS(), cloud.Name)
	for i := range 5 {
		g.put(fmt.Sprint(i), content(1000))
		g.announce(fmt.Sprint(i))
	}
	var mu sync.Mutex
	revoked := "" // the first token is good for what comes before the first object
	proxy := fault.NewHTTP(t, cloud.URL, nil, func(r *http.Request) fault.Fault {
		token := r.Header.Get("X-Amz-Security-Token")
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodGet && revoked == "" {
			revoked = token
		}
		if revoked != "" && token == revoked {
			return fault.Fault{Status: 400, Body: `<?xml version="1.0"?><Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>`}
		}
		return fault.Fault{}
	})
	through := session(t, proxy.URL, central, role)
	s := g.station(through.S3(), g.sqs)
	s.start()
	s.await("the queue is empty", s.empty)
	s.end()
	if len(s.names()) != 5 || len(s.kept) > 0 || revoked == "" {
		t.Errorf("read %q, kept %q", s.names(), s.kept)
	}
}

func TestABucketThatIsDeniedWaitsAndOthersGoOn(t *testing.T) {
	cloud, _ := testground.AWSAlone(t)
	owner := cloud.Account(t)
	all := session(t, cloud.URL, owner)
	g, other := newGround(t, all.S3(), all.SQS(), cloud.Name), cloud.Name("denied")
	if _, err := g.s3.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &other}); err != nil {
		t.Fatal(err)
	}
	g.put("allowed", content(100))
	role := aws.Role{RoleARN: cloud.Role(t, owner, "reader", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sqs:*","Resource":"*"},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::`+g.bucket+`/*"}]}`)}
	g.announce("allowed")
	body := strings.ReplaceAll(announce("secret"), bucket, other)
	if _, err := g.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &g.queueURL, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
	cloud.Enforce(t)
	reader := session(t, cloud.URL, owner, role)
	s := g.station(reader.S3(), reader.SQS())
	s.fresh = nil
	s.start()
	s.await("what is allowed is read, the other one tried", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.got) == 1 && s.failed["s3://"+other+"/secret"] >= 3
	})
	s.end()
	if len(s.kept) > 0 {
		t.Errorf("kept: %q", s.kept)
	}
}

func TestAStrictQueueSeesEveryPromiseKept(t *testing.T) {
	g := strict(t)
	s := g.station(g.s3, g.sqs)
	s.options.VisibilityTimeout, s.options.MaxTries = 2*time.Second, 2
	s.sink = 5 * time.Second // longer than twice the visibility timeout
	for i := range 12 {
		g.put(fmt.Sprint(i), content(100))
	}
	g.announce("0", "1", "gone", "2")
	for i := 3; i < 12; i++ {
		g.announce(fmt.Sprint(i))
	}
	if _, err := g.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &g.queueURL, MessageBody: sdkaws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	startUnchecked(s)
	s.await("the queue is empty", s.empty)
	s.end()
	for i := range 12 {
		if n := len(s.got[g.name(fmt.Sprint(i))]); n != 1 {
			t.Errorf("%d was read %d times", i, n)
		}
	}
	if len(s.kept) != 2 || len(s.kept[g.name("gone")]) != 1 {
		t.Errorf("kept: %q", s.kept)
	}
}

// TestAStopGivesBackToAStrictQueue: answers that are on their way when the source
// stops are waited for, and what they bring is given back too.
func TestAStopGivesBackToAStrictQueue(t *testing.T) {
	g := strict(t)
	for i := range 40 {
		g.put(fmt.Sprint(i), content(100))
		g.announce(fmt.Sprint(i))
	}
	s := g.station(g.s3, g.sqs)
	s.sink = time.Second
	s.spoil = func(string) error { s.stop(); return fmt.Errorf("stopped in the middle") }
	s.start()
	<-s.done
	s.drain()
	seen := 0
	for begin := time.Now(); seen < 40 && time.Since(begin) < 20*time.Second; {
		got, err := g.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &g.queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		seen += len(got.Messages)
	}
	if seen != 40 {
		t.Errorf("another reader is shown %d messages of 40", seen)
	}
}

func TestWhatAKilledProcessHadComesAgain(t *testing.T) {
	g := strict(t)
	for i := range 8 {
		g.put(fmt.Sprint(i), content(100))
		g.announce(fmt.Sprint(i))
	}
	queues := testground.SQS(t)
	wire := fault.NewWire(t, strings.TrimPrefix(queues.URL, "http://"))
	s := g.station(g.s3, session(t, "http://"+wire.Address(), anybody()).SQS())
	s.options.VisibilityTimeout, s.sink = 3*time.Second, 2*time.Second
	startUnchecked(s)
	s.await("some are read", func() bool { return len(s.names()) > 2 })
	wire.Refuse() // nothing of what it says arrives any more
	s.deafen()
	s.end()
	s.mu.Lock()
	s.deaf, s.settled = false, map[string]int{}
	s.mu.Unlock()
	s.queue = g.sqs
	startUnchecked(s)
	s.await("the queue is empty", s.empty)
	s.end()
	for i := range 8 {
		if s.settled[g.name(fmt.Sprint(i))] == 0 {
			t.Errorf("%d is lost", i)
		}
	}
}

// startUnchecked starts with a visibility timeout that no one should configure.
func startUnchecked(s *station) { s.unchecked = true; s.start() }

func TestABackfillOfARealBucket(t *testing.T) {
	g, _ := ministack(t)
	want := 0
	for d := 1; d <= 5; d++ {
		for n := range 6 {
			g.put(trail("111122223333", fmt.Sprintf("2026/11/%02d", d), n), content(100))
			if d >= 2 && d < 4 {
				want++
			}
		}
	}
	s := g.station(g.s3, g.sqs)
	s.options.QueueURL, s.options.Bucket, s.options.From, s.options.To = "", g.bucket, day("2026-11-02"), day("2026-11-04")
	for range 2 { // the second has nothing to do
		s.start()
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.got) != want {
		t.Errorf("%d objects were read, want %d", len(s.got), want)
	}
	for name, n := range s.settled {
		if n != 1 {
			t.Errorf("%s was settled %d times", name, n)
		}
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	cloud, _ := testground.AWSAlone(t)
	owner := cloud.Account(t)
	all := session(t, cloud.URL, owner)
	g := newGround(t, all.S3(), all.SQS(), cloud.Name)
	g.put("x", content(10))
	reader := cloud.Role(t, owner, "reader", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sqs:GetQueueAttributes","s3:ListBucket","sts:*"],"Resource":"*"}]}`)
	o := defaults()
	o.Region, o.Endpoint, o.MaxAttempts = testground.Region, cloud.URL, 2
	o.QueueURL, o.Bucket = g.queueURL, g.bucket
	try := func() error { return check(t.Context(), plugin.Env{Log: quiet()}, &o) }
	if err := try(); err != nil {
		t.Errorf("the account's own role: %v", err)
	}
	o.QuarantineAfter = 5 * 24 * time.Hour
	if err := try(); err == nil || !strings.Contains(err.Error(), "forgets messages after 96h") {
		t.Errorf("a queue that forgets too soon: %v", err)
	}
	o.QuarantineAfter = 72 * time.Hour
	cloud.Enforce(t)
	o.AssumeRole = []aws.Role{{RoleARN: reader}}
	err := try()
	for _, want := range []string{"sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "s3:GetObject", "role reader of account " + owner.ID} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not said: %s\n%v", want, err)
		}
	}
	o.AssumeRole = nil
	o.QueueURL += "x"
	if err := try(); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("no such queue: %v", err)
	}
}
