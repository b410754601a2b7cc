package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	clients "github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/testground"
)

// The demo studio's accounts: three in which people work, and the one that
// keeps logs.
var studioAccounts = []string{"111111111111", "222222222222", "333333333333"}

const central = "444444444444"

// sessionChunks is how many chunks the sessions have together, each as many.
const sessionChunks = 160

// writeSessions writes what Session Manager streams of some sessions, a folder
// for each account and a file for each session. Ada has one in two accounts.
func writeSessions(t *testing.T, dir string) {
	t.Helper()
	begin := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	for i, s := range []struct {
		account, person string
		at              time.Duration
	}{
		{"111111111111", "ada.k", 9*time.Hour + 20*time.Minute},
		{"222222222222", "ada.k", 12*time.Hour + 32*time.Minute},
		{"222222222222", "noor.h", 13 * time.Hour},
		{"333333333333", "rosa.f", 12*time.Hour + 40*time.Minute},
	} {
		id := fmt.Sprintf("%s@studio.example-05ba0123456789%03x", s.person, i)
		var chunks strings.Builder
		for n := range sessionChunks / 4 {
			fmt.Fprintf(&chunks, `{"eventVersion":"1.0","eventTime":%q,"awsRegion":"eu-west-2","target":{"id":"i-0a1b2c3d4e5f6071%x"},`+
				`"userIdentity":{"arn":"arn:aws:sts::%s:assumed-role/ShowAdmin/%s@studio.example"},"runAsUser":"ssm-user","sessionId":%q,`+
				`"sessionData":["sh-5.2$ ls -l /mnt/render/%d","total %d"]}`+"\n",
				begin.Add(s.at+time.Duration(n)*7*time.Second).Format(time.RFC3339), i, s.account, s.person, id, n, n*4)
		}
		write(t, filepath.Join(dir, "sessions", s.account, id+".log"), "%s", chunks.String())
	}
}

// accounts are the studio's in an emulator, with a role that reads in each of
// them and one that writes in the central one.
type accounts struct {
	t         *testing.T
	url, name string
	logs      map[string]*cloudwatchlogs.Client
}

func newAccounts(t *testing.T) *accounts {
	t.Helper()
	cloud := testground.AWS(t)
	a := &accounts{t: t, url: cloud.URL, name: cloud.Name("road"), logs: map[string]*cloudwatchlogs.Client{}}
	for _, id := range append([]string{central}, studioAccounts...) {
		owner := a.owner(id)
		config := aws.Config{
			Region: testground.Region, BaseEndpoint: &a.url,
			Credentials: credentials.NewStaticCredentialsProvider(owner.AccessKey, owner.SecretKey, owner.SessionToken),
			HTTPClient:  clients.WholeAnswers(awshttp.NewBuildableClient()),
		}
		a.logs[id] = cloudwatchlogs.NewFromConfig(config)
		duty := "reader"
		if id == central {
			duty = "writer"
			t.Setenv("AWS_ACCESS_KEY_ID", owner.AccessKey)
			t.Setenv("AWS_SECRET_ACCESS_KEY", owner.SecretKey)
			t.Setenv("AWS_SESSION_TOKEN", owner.SessionToken)
		}
		cloud.Role(t, owner, a.name+"-"+duty, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`)
	}
	return a
}

// owner has credentials in an account whose number is given: the demo's, which
// its logs name.
func (a *accounts) owner(id string) testground.Account {
	a.t.Helper()
	client := sts.New(sts.Options{Region: testground.Region, BaseEndpoint: &a.url, Credentials: credentials.NewStaticCredentialsProvider("anybody", "x", "")})
	got, err := client.AssumeRole(a.t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + id + ":role/" + testground.OrganizationRole), RoleSessionName: aws.String("test"),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return testground.Account{ID: id, AccessKey: *got.Credentials.AccessKeyId, SecretKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken}
}

// upload puts every session into its account's log group, a stream for each, as
// Session Manager does: under the time at which it is written.
func (a *accounts) upload(dir string) {
	a.t.Helper()
	group := "/" + a.name + "/ssm"
	for _, id := range studioAccounts {
		if _, err := a.logs[id].CreateLogGroup(a.t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
			a.t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "sessions", id, "*.log"))
		if err != nil || len(files) == 0 {
			a.t.Fatalf("no sessions of %s: %v", id, err)
		}
		for _, f := range files {
			a.stream(a.logs[id], group, f)
		}
	}
}

func (a *accounts) stream(client *cloudwatchlogs.Client, group, file string) {
	a.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	stream := strings.TrimSuffix(filepath.Base(file), ".log")
	if _, err := client.CreateLogStream(a.t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		a.t.Fatal(err)
	}
	var list []types.InputLogEvent
	now := time.Now().UnixMilli()
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		list = append(list, types.InputLogEvent{Message: aws.String(lines.Text()), Timestamp: aws.Int64(now + int64(len(list)))})
	}
	if _, err := client.PutLogEvents(a.t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: list}); err != nil {
		a.t.Fatal(err)
	}
}

// central counts the delivery ids in the central groups whose names begin so,
// whichever stream they stand in.
func (a *accounts) central(prefix string) map[string]int {
	a.t.Helper()
	client, out := a.logs[central], map[string]int{}
	about, err := client.DescribeLogGroups(a.t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/" + a.name + "/central/" + prefix)})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, g := range about.LogGroups {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g.LogGroupName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(a.t.Context())
			if err != nil {
				a.t.Fatal(err)
			}
			for _, e := range page.Events {
				for id, n := range deliveryIDs(a.t, []byte(*e.Message)) {
					out[id] += n
				}
			}
		}
	}
	return out
}
