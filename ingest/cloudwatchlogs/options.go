package cloudwatchlogs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/robfig/cron/v3"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the source's keys.
type Options struct {
	aws.Options    `yaml:",inline"`
	Regions        []string        `yaml:"regions" doc:"The regions to read. Empty: the one of region."`
	Accounts       []string        `yaml:"accounts" doc:"Ids of the accounts to read, by account_role. Empty: the account of the credentials, or of the last role of assume_role."`
	AccountRole    aws.AccountRole `yaml:"account_role" doc:"The role that is assumed in each of the accounts, with what assume_role leads to."`
	LogGroups      []string        `yaml:"log_groups" doc:"Log groups: names, ARNs, or patterns such as /aws/lambda/* (** also matches slashes). A group that is named, and is not there, is an error; a pattern may match nothing."`
	Linked         bool            `yaml:"include_linked_accounts" doc:"Whether patterns also find the groups of accounts that are linked to this monitoring account by cross-account observability."`
	StreamPrefix   string          `yaml:"log_stream_prefix" doc:"Only streams whose names begin so are read."`
	ingest.Content `yaml:",inline"`
	Start          string        `yaml:"start_position" doc:"Where reading begins in a group that is met for the first time: beginning, end, or a date such as 2026-11-01 or 2026-11-01T09:00:00Z."`
	PollInterval   time.Duration `yaml:"poll_interval" doc:"How often to look for new events."`
	Schedule       string        `yaml:"schedule" doc:"When to look for new events, as five fields of cron or @hourly and its like, in UTC, instead of poll_interval."`
	Overlap        time.Duration `yaml:"overlap" doc:"How much is searched again each time: events may be written, and become visible, as much later than their time. Later ones are found by the searches of late."`
	Late           time.Duration `yaml:"late" doc:"How late events may be written and still be found. What is late by hours is found within hours, what is late by days within a day. AWS takes nothing later than 336h. 0 switches the search off."`
	Workers        int           `yaml:"number_of_workers" doc:"How many pages of a megabyte are in hand at once, of all accounts and regions."`
	PerSecond      float64       `yaml:"requests_per_second" doc:"How often FilterLogEvents is asked of one account and region, by all sources together. The quota of AWS is 5 where it was not raised, and others need some of it."`
	DiscoverEvery  time.Duration `yaml:"discovery_interval" doc:"How often to look for new log groups that match a pattern."`
}

// The places where reading begins, beside a date.
const (
	beginning = "beginning"
	end       = "end"
)

// mostLate is how late PutLogEvents takes events.
const mostLate = 14 * 24 * time.Hour

func defaults() Options {
	return Options{
		Options: aws.Defaults(), Start: beginning, PollInterval: time.Minute, Overlap: 5 * time.Minute, Late: mostLate,
		Workers: 4, PerSecond: 4, DiscoverEvery: 10 * time.Minute,
	}
}

// longestGroup is counted apart: an expression that counts to five hundred is as
// many states, which every command would make at its start.
const longestGroup = 512

var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	region    = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)
	// groupARN takes the ARN of a group apart, as DescribeLogGroups and consoles
	// give it: with and without the :* that stands for its streams.
	groupARN  = regexp.MustCompile(`^arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:([a-zA-Z0-9_/.#-]+)(:\*)?$`)
	groupName = regexp.MustCompile(`^[a-zA-Z0-9_/.#-]+$`)
)

// Validate returns every fault at once.
func (o *Options) Validate() error {
	faults := []error{o.Options.Validate()}
	fault := func(key, format string, args ...any) {
		faults = append(faults, plugin.FieldError{Key: key, Reason: fmt.Sprintf(format, args...)})
	}
	o.validateAccounts(fault)
	o.validateGroups(fault)
	if _, err := o.start(); err != nil {
		fault("start_position", "want beginning, end, or a date such as 2026-11-01 or 2026-11-01T09:00:00Z")
	}
	if _, err := o.schedule(); err != nil {
		fault("schedule", "want five fields such as \"*/5 * * * *\", or @hourly: %v", err)
	}
	for _, d := range []struct {
		key                string
		value, least, most time.Duration
	}{
		{"poll_interval", o.PollInterval, time.Second, 24 * time.Hour}, {"overlap", o.Overlap, time.Minute, 24 * time.Hour},
		{"late", o.Late, 0, mostLate}, {"discovery_interval", o.DiscoverEvery, time.Minute, 24 * time.Hour},
	} {
		if d.value < d.least || d.value > d.most {
			fault(d.key, "want %s to %s", d.least, d.most)
		}
	}
	if o.Workers < 1 || o.Workers > 256 {
		fault("number_of_workers", "want 1 to 256")
	}
	if o.PerSecond <= 0 || o.PerSecond > 1000 {
		fault("requests_per_second", "want more than 0 and at most 1000")
	}
	return errors.Join(faults...)
}

func (o *Options) validateAccounts(fault func(key, format string, args ...any)) {
	for i, r := range o.Regions {
		if !region.MatchString(r) {
			fault(fmt.Sprintf("regions[%d]", i), "want the name of a region such as eu-west-1")
		}
	}
	for i, a := range o.Accounts {
		switch {
		case a == "organization":
			fault("accounts", "organization is planned: accounts are not looked up in AWS Organizations yet; list their ids")
		case !accountID.MatchString(a):
			fault(fmt.Sprintf("accounts[%d]", i), "want an account id of twelve digits, in quotes")
		}
	}
	switch {
	case len(o.Accounts) > 0 && o.AccountRole.RoleARN == "":
		fault("account_role", "is needed with accounts: the role to assume in each of them")
	case len(o.Accounts) == 0 && o.AccountRole.RoleARN != "":
		fault("account_role", "is for accounts, and none are listed; for one role use assume_role")
	}
}

func (o *Options) validateGroups(fault func(key, format string, args ...any)) {
	if len(o.LogGroups) == 0 {
		fault("log_groups", "name at least one log group or pattern")
	}
	for i, g := range o.LogGroups {
		switch {
		case strings.HasPrefix(g, "arn:"):
			if !groupARN.MatchString(g) {
				fault(fmt.Sprintf("log_groups[%d]", i), "want the ARN of a log group, arn:aws:logs:REGION:ACCOUNT:log-group:NAME")
			}
		case isPattern(g):
			if !doublestar.ValidatePattern(g) {
				fault(fmt.Sprintf("log_groups[%d]", i), "%q is no pattern: a bracket is not closed", g)
			}
		case len(g) > longestGroup || !groupName.MatchString(g):
			fault(fmt.Sprintf("log_groups[%d]", i), "want letters, digits and _ - / . #, with * and ? in a pattern")
		}
	}
}

func isPattern(group string) bool { return strings.ContainsAny(group, "*?[{\\") }

// start is the time of the first event to be read, in milliseconds since 1970; 0
// is the beginning. -1 is the end: what is taken in from now on.
func (o *Options) start() (int64, error) {
	switch o.Start {
	case beginning:
		return 0, nil
	case end:
		return -1, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, o.Start); err == nil && t.UnixMilli() >= 0 {
			return t.UnixMilli(), nil
		}
	}
	return 0, errors.New("no date")
}

// schedule is nil where there is none.
func (o *Options) schedule() (cron.Schedule, error) {
	if o.Schedule == "" {
		return nil, nil //nolint:nilnil // no schedule is no error
	}
	return cron.ParseStandard("CRON_TZ=UTC " + o.Schedule)
}
