package cloudwatchlogs

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/internal/testground"
)

const readLogs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`

// TestTheEmulatorIsReadInSeveralAccounts writes to three accounts of moto, reads
// two by their roles, stops in the middle, and goes on.
func TestTheEmulatorIsReadInSeveralAccounts(t *testing.T) {
	cloud := testground.AWS(t)
	central := cloud.Account(t)
	t.Setenv("AWS_ACCESS_KEY_ID", central.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", central.SecretKey)
	t.Setenv("AWS_SESSION_TOKEN", central.SessionToken)
	group := "/" + cloud.Name("studio") + "/agents"
	s := &station{t: t, luck: rand.New(rand.NewPCG(1, 1)), put: map[string]bool{}, got: map[string]int{}, last: map[string]ingest.Frontier{}, slow: 50 * time.Millisecond}
	o := quick()
	o.Region, o.Endpoint, o.PollInterval = testground.Region, cloud.URL, time.Second
	o.LogGroups = []string{group[:len(group)-4] + "*", group}
	o.AccountRole = aws.AccountRole{RoleARN: "arn:aws:iam::{account}:role/reader", ExternalID: "studio-7"}
	var writers []*sdk.Client
	for range 2 {
		a := cloud.Account(t)
		cloud.Role(t, a, "reader", readLogs)
		o.Accounts = append(o.Accounts, a.ID)
		writers = append(writers, client(cloud, a))
	}
	other := client(cloud, cloud.Account(t)) // nobody asked for it
	for i, w := range append(writers, other) {
		_, err := w.CreateLogGroup(t.Context(), &sdk.CreateLogGroupInput{LogGroupName: &group})
		if err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			emulate(t, w, group, fmt.Sprint("host", k), 120, time.Duration(i)*time.Hour)
		}
	}
	store, err := state.Open(vfs.NewMem(), "state", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	env := plugin.Env{Name: "logs", Log: slog.New(slog.NewTextHandler(locked{s}, nil)), State: store, Now: time.Now}
	run := func(want int) {
		t.Helper()
		src, err := connect(t.Context(), env, o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- src.Run(ctx, s) }()
		for end := time.Now().Add(30 * time.Second); s.delivered() < want && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(2 * time.Second) // anything else would come now
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		s.settling.Wait()
		if n := s.delivered(); n != want {
			t.Errorf("%d events, want %d\n%s", n, want, s.lines())
		}
		for k, n := range s.got {
			if n != 1 || !strings.HasPrefix(k, o.Accounts[0]) && !strings.HasPrefix(k, o.Accounts[1]) {
				t.Errorf("%s came %d times", k, n)
			}
		}
	}
	run(720)
	emulate(t, writers[0], group, "host1", 30, 0)
	run(750)
	for _, a := range o.Accounts {
		if f := s.of(a); f.Broken != "" || time.Since(f.Through) > 10*time.Minute {
			t.Errorf("account %s: %+v", a, f)
		}
	}
	if err := check(t.Context(), env, &o); err != nil {
		t.Error(err)
	}
	o.LogGroups = append(o.LogGroups, "/studio/gone")
	if err := check(t.Context(), env, &o); err == nil || strings.Count(err.Error(), "log group /studio/gone does not exist") != 2 {
		t.Errorf("a group that is not there: %v", err)
	}
}

func client(cloud testground.Cloud, a testground.Account) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: testground.Region, BaseEndpoint: &cloud.URL, Credentials: credentials.NewStaticCredentialsProvider(a.AccessKey, a.SecretKey, a.SessionToken),
	})
}

// emulate puts events of the last hours.
func emulate(t *testing.T, w *sdk.Client, group, stream string, n int, late time.Duration) {
	t.Helper()
	_, err := w.CreateLogStream(t.Context(), &sdk.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && !strings.Contains(err.Error(), "AlreadyExists") {
		t.Fatal(err)
	}
	var list []types.InputLogEvent
	for i := range n {
		at := time.Now().Add(-late - time.Duration(i)*time.Second)
		list = append(list, types.InputLogEvent{Message: sdkaws.String(fmt.Sprintf("line %d of %s", i, stream)), Timestamp: sdkaws.Int64(at.UnixMilli())})
	}
	sort.Slice(list, func(i, k int) bool { return *list[i].Timestamp < *list[k].Timestamp })
	if _, err := w.PutLogEvents(t.Context(), &sdk.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: list}); err != nil {
		t.Fatal(err)
	}
}

func (s *station) delivered() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.got {
		n += k
	}
	return n
}

// TestACheckSaysWhatIsMissing asks an account that cannot be reached.
func TestACheckSaysWhatIsMissing(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAFIRST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	o := quick()
	o.Region, o.Endpoint, o.MaxAttempts = "eu-west-1", "http://127.0.0.1:1", 1
	err := check(t.Context(), plugin.Env{Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)), Now: time.Now}, &o)
	if err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
}
