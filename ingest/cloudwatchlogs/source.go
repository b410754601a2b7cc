package cloudwatchlogs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/semaphore"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Spec is the source "aws_cloudwatch_logs".
func Spec() plugin.Spec[ingest.Source] {
	spec := plugin.Define("aws_cloudwatch_logs",
		"Log groups of CloudWatch Logs, by name or pattern, in many accounts and regions: Session Manager, agents, functions, flow logs, CloudTrail.",
		defaults(), func(env plugin.Env, o Options) (ingest.Source, error) { return connect(context.Background(), env, o) })
	spec.Check = check
	return spec
}

// source reads groups of several places, each by a goroutine of its own.
type source struct {
	options  Options
	env      plugin.Env
	schedule cron.Schedule // nil where poll_interval holds
	places   []*place
	pages    *semaphore.Weighted // one for each page that may be in hand
}

func newSource(env plugin.Env, o Options) (*source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &source{options: o, env: env, pages: semaphore.NewWeighted(int64(o.Workers))}
	var err error
	s.schedule, err = o.schedule()
	return s, err
}

// connect makes the source with AWS behind it. It asks AWS for nothing yet.
func connect(ctx context.Context, env plugin.Env, o Options) (*source, error) {
	s, err := newSource(env, o)
	if err != nil {
		return nil, err
	}
	regions := o.Regions
	if len(regions) == 0 {
		regions = []string{o.Region}
	}
	accounts := o.Accounts
	if len(accounts) == 0 {
		accounts = []string{""}
	}
	for _, region := range regions {
		for _, account := range accounts {
			if err := s.open(ctx, region, account); err != nil {
				return nil, err
			}
		}
	}
	return s, s.share()
}

// open adds a place; account "" is that of the credentials.
func (s *source) open(ctx context.Context, region, account string) error {
	o := s.options.Options
	o.Region = region
	if account != "" {
		o.AssumeRole = append(slices.Clone(o.AssumeRole), s.options.AccountRole.Of(account))
	}
	session, err := aws.PoolOf(s.env).Session(ctx, o)
	if err != nil {
		return fmt.Errorf("cloudwatchlogs: %w", err)
	}
	session.Limit("CloudWatch Logs", "FilterLogEvents", s.options.PerSecond)
	session.Limit("CloudWatch Logs", "DescribeLogStreams", s.options.PerSecond)
	s.add(session.Region(), session.Account(), session.Logs(), func(ctx context.Context) (string, error) {
		who, err := session.Identity(ctx)
		return who.Account, err
	})
	return nil
}

func (s *source) add(region, account string, logs api, who func(context.Context) (string, error)) {
	s.places = append(s.places, &place{src: s, region: region, logs: logs, home: account, who: who, failed: map[string]string{}})
}

// share gives each place what is looked for in it: an ARN is of the place of its
// account, or of the region's first, which must then see it as linked.
func (s *source) share() error {
	for _, g := range s.options.LogGroups {
		m := groupARN.FindStringSubmatch(g)
		var to *place
		for _, p := range s.places {
			switch {
			case m != nil && p.region == m[1] && (to == nil || p.home == m[2]):
				to = p
			case m == nil && isPattern(g):
				p.wanted.patterns = append(p.wanted.patterns, g)
			case m == nil:
				p.wanted.names = append(p.wanted.names, g)
			}
		}
		if m != nil && to == nil {
			return plugin.FieldError{Key: "log_groups", Reason: g + " is in none of the regions that are read"}
		}
		if to != nil {
			to.wanted.arns = append(to.wanted.arns, g)
		}
	}
	return nil
}

// Run implements ingest.Source.
func (s *source) Run(ctx context.Context, out ingest.Emitter) error {
	var running sync.WaitGroup
	for _, p := range s.places {
		running.Go(func() { p.run(ctx, out) })
	}
	running.Wait()
	return nil
}

// pause is how long to wait for the next round.
func (s *source) pause() time.Duration {
	if s.schedule == nil {
		return s.options.PollInterval
	}
	now := s.env.Now()
	return max(s.schedule.Next(now).Sub(now), time.Millisecond)
}
