package cloudwatchlogs

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/testground"
)

// TestTheEmulatorHoldsWhatWasWritten writes into one of two accounts, by the
// SDK's own client, and reads it back.
func TestTheEmulatorHoldsWhatWasWritten(t *testing.T) {
	cloud := testground.AWS(t)
	client := func(a testground.Account) *sdk.Client {
		return sdk.New(sdk.Options{
			Region: "eu-west-2", BaseEndpoint: &cloud.URL,
			Credentials: credentials.NewStaticCredentialsProvider(a.AccessKey, a.SecretKey, a.SessionToken),
		})
	}
	ours, other := client(cloud.Account(t)), client(cloud.Account(t))
	o := Defaults()
	o.Group, o.AlertGroup, o.Retention = "/"+cloud.Name("g")+"/{dataset}", "/"+cloud.Name("alerts"), 30
	s := newSink(plugin.Env{Log: slog.New(slog.DiscardHandler), Now: time.Now}, o, ours)
	var events []*event.Event
	for i := range 50 {
		events = append(events, one(i, time.Now().Add(-time.Duration(i)*20*time.Hour), 100))
	}
	if r := deliver(t, s, events); len(r) > 0 {
		t.Fatal(r)
	}
	group := strings.ReplaceAll(o.Group, "{dataset}", "aws.cloudtrail")
	seen := map[string]bool{}
	pages := sdk.NewFilterLogEventsPaginator(ours, &sdk.FilterLogEventsInput{LogGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			seen[*e.Message] = true
		}
	}
	for _, ev := range events {
		if !seen[string(ev.Doc)] {
			t.Errorf("an event of %v is not there", time.Unix(0, ev.Time))
		}
	}
	about, err := ours.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
	if err != nil || len(about.LogGroups) != 1 || sdkaws.ToInt32(about.LogGroups[0].RetentionInDays) != 30 {
		t.Errorf("the group: %v %v", about, err)
	}
	if about, err := other.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: &group}); err != nil || len(about.LogGroups) != 0 {
		t.Errorf("in another account: %v %v", about, err)
	}
}
