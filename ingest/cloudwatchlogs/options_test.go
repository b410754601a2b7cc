package cloudwatchlogs

import (
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

func TestWhatIsWrongWithOptionsIsSaid(t *testing.T) {
	for _, c := range []struct {
		want   string // "" is well
		change func(*Options)
	}{
		{"", func(*Options) {}},
		{"accounts: organization is planned", func(o *Options) { o.Accounts = []string{"organization"}; o.AccountRole.RoleARN = "x" }},
		{"accounts[1]: want an account id", func(o *Options) { o.Accounts = []string{"111111111111", "12"}; o.AccountRole.RoleARN = "x" }},
		{"account_role: is needed", func(o *Options) { o.Accounts = []string{"111111111111"} }},
		{"account_role: is for accounts", func(o *Options) { o.AccountRole.RoleARN = "arn:aws:iam::{account}:role/r" }},
		{"log_groups: name at least one", func(o *Options) { o.LogGroups = nil }},
		{"log_groups[0]: \"/a/[\" is no pattern", func(o *Options) { o.LogGroups = []string{"/a/["} }},
		{"log_groups[0]: want the ARN", func(o *Options) { o.LogGroups = []string{"arn:aws:logs:eu-west-1:1:log-group:x"} }},
		{"log_groups[0]: want letters", func(o *Options) { o.LogGroups = []string{"a b"} }},
		{"regions[0]: want the name", func(o *Options) { o.Regions = []string{"Ireland"} }},
		{"start_position: want beginning", func(o *Options) { o.Start = "yesterday" }},
		{"", func(o *Options) { o.Start = "2026-11-01" }},
		{"schedule: want five fields", func(o *Options) { o.Schedule = "often" }},
		{"", func(o *Options) { o.Schedule = "@hourly" }},
		{"overlap: want 1m0s to 24h0m0s", func(o *Options) { o.Overlap = time.Second }},
		{"late: want 0s to 336h0m0s", func(o *Options) { o.Late = 400 * time.Hour }},
		{"requests_per_second: want more", func(o *Options) { o.PerSecond = 0 }},
		{"number_of_workers: want 1", func(o *Options) { o.Workers = 0 }},
	} {
		o := quick()
		c.change(&o)
		got := ""
		if err := o.Validate(); err != nil {
			got = err.Error()
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestARoleOfAccountsNamesWhereTheAccountStands(t *testing.T) {
	r := aws.AccountRole{RoleARN: "arn:aws:iam::{account}:role/reader", ExternalID: "studio-7"}
	if err := r.Validate(); err != nil || r.Of("222222222222") != (aws.Role{RoleARN: "arn:aws:iam::222222222222:role/reader", ExternalID: "studio-7"}) {
		t.Error(err, r.Of("222222222222"))
	}
	for _, wrong := range []string{"arn:aws:iam::111111111111:role/reader", "role/{account}"} {
		if (&aws.AccountRole{RoleARN: wrong}).Validate() == nil {
			t.Errorf("%s is well", wrong)
		}
	}
}

func TestAScheduleTakesThePlaceOfTheInterval(t *testing.T) {
	o := quick()
	o.Schedule = "15 */6 * * *"
	now := time.Date(2026, 11, 5, 7, 0, 0, 0, time.FixedZone("CET", 3600)) // 06:00 UTC
	s, err := newSource(plugin.Env{Now: func() time.Time { return now }}, o)
	if err != nil || s.pause() != 15*time.Minute {
		t.Error(s.pause(), err)
	}
}

// TestEveryEventIsOfOneLane holds the lanes to share out all that there may be.
func TestEveryEventIsOfOneLane(t *testing.T) {
	for _, late := range []time.Duration{0, time.Minute, time.Hour, 20 * time.Hour, mostLate} {
		o := quick()
		o.Late = late
		lanes := lanesOf(&o)
		for _, s := range []stamp{{1000, 500}, {0, 1e12}, {2e12, 2e12}, {2e12 + 7200_000, 2e12}, {2e12 - 300_000, 2e12}, {2e12 - 299_999, 2e12}, {2e12 - 13*day, 2e12}, {0, 2e12}} {
			var owners []string
			for _, l := range lanes {
				if l.owns(s, 1.5e12) {
					owners = append(owners, l.name)
				}
			}
			if len(owners) != 1 {
				t.Errorf("late %v: %v is of the lanes %v", late, s, owners)
			}
		}
		if late > o.Overlap && lanes[len(lanes)-1].back != late.Milliseconds() {
			t.Errorf("late %v: the last lane searches %v back", late, lanes[len(lanes)-1].back)
		}
	}
}
