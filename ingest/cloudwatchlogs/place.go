package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/smithy-go/middleware"

	"github.com/burstwatch/burstwatch/ingest"
)

// api is what the source calls of CloudWatch Logs.
type api interface {
	FilterLogEvents(context.Context, *sdk.FilterLogEventsInput, ...func(*sdk.Options)) (*sdk.FilterLogEventsOutput, error)
	DescribeLogGroups(context.Context, *sdk.DescribeLogGroupsInput, ...func(*sdk.Options)) (*sdk.DescribeLogGroupsOutput, error)
	DescribeLogStreams(context.Context, *sdk.DescribeLogStreamsInput, ...func(*sdk.Options)) (*sdk.DescribeLogStreamsOutput, error)
}

// place is one account in one region. One goroutine goes through its groups one
// after the other, because AWS counts requests by account and region: side by
// side they would only wait for each other. Places go on without each other.
type place struct {
	src    *source
	region string
	logs   api
	// home is the account, "" until who has told it.
	home string
	who  func(context.Context) (string, error)
	// wanted are the configured groups that are looked for here.
	wanted wanted
	// skew is how far the clock of AWS is ahead of ours, in milliseconds.
	skew atomic.Int64

	groups     []*group
	discovered time.Time
	failed     map[string]string // what was reported last, by account
}

// now is the present by the clock of AWS, in milliseconds since 1970.
func (p *place) now() int64 { return p.src.env.Now().UnixMilli() + p.skew.Load() }

// heard sets the clock by an answer.
func (p *place) heard(m middleware.Metadata) {
	if t, ok := awsmiddleware.GetServerTime(m); ok {
		p.skew.Store(t.UnixMilli() - p.src.env.Now().UnixMilli())
	}
}

// run reads what comes until ctx ends.
func (p *place) run(ctx context.Context, out ingest.Emitter) {
	for ctx.Err() == nil {
		more := p.round(ctx, out)
		if more {
			continue
		}
		t := time.NewTimer(p.src.pause())
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// round looks once at every group, and tells how far each account is read.
func (p *place) round(ctx context.Context, out ingest.Emitter) (more bool) {
	told := newTold(p)
	defer func() {
		if ctx.Err() == nil {
			told.tell(out)
		}
	}()
	if err := p.discover(ctx); err != nil {
		told.broken(p.home, err)
		if p.home == "" {
			return false
		}
	}
	for _, g := range p.groups {
		again, err := g.round(ctx, out)
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, errSpoiled): // said where it happened
		case err != nil:
			told.broken(g.account, err)
		default:
			more = more || again
		}
		told.through(g)
	}
	return more
}

// told is what a round says of each account.
type told struct {
	place *place
	// accounts are how far they are complete, in milliseconds since 1970, and why
	// they are broken.
	accounts map[string]int64
	why      map[string]error
}

func newTold(p *place) *told {
	return &told{place: p, accounts: map[string]int64{}, why: map[string]error{}}
}

func (t *told) broken(account string, err error) {
	if t.why[account] == nil {
		t.why[account] = err
	}
}

func (t *told) through(g *group) {
	at := g.through()
	if had, ok := t.accounts[g.account]; !ok || at < had {
		t.accounts[g.account] = at
	}
}

// tell says it to the pipeline, and to the log where it is new. An account
// without any groups is complete: that it has none was asked.
func (t *told) tell(out ingest.Emitter) {
	p := t.place
	if _, has := t.accounts[p.home]; !has && p.home != "" && t.why[p.home] == nil {
		t.accounts[p.home] = p.now() - p.src.options.Overlap.Milliseconds()
	}
	for account, err := range t.why {
		out.Frontier(ingest.Frontier{Dataset: p.src.options.Dataset, Account: account, Region: p.region, Broken: err.Error()})
		delete(t.accounts, account)
		if p.failed[account] != err.Error() {
			p.src.env.Log.Error("an account cannot be read, and is tried again; others go on", "account", account, "region", p.region, "error", err)
			p.failed[account] = err.Error()
		}
	}
	for account, at := range t.accounts {
		if at > 0 {
			out.Frontier(ingest.Frontier{Dataset: p.src.options.Dataset, Account: account, Region: p.region, Through: time.UnixMilli(at)})
		}
		if p.failed[account] != "" {
			p.src.env.Log.Info("the account can be read again", "account", account, "region", p.region)
			delete(p.failed, account)
		}
	}
}

// identify finds out which account this is, where no role tells.
func (p *place) identify(ctx context.Context) error {
	if p.home != "" {
		return nil
	}
	account, err := p.who(ctx)
	if err != nil {
		return fmt.Errorf("which account to read: %w", err)
	}
	p.home = account
	return nil
}
