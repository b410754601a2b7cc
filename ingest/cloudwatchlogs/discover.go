package cloudwatchlogs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// wanted is what of the configured groups is looked for in one place.
type wanted struct {
	names    []string
	arns     []string
	patterns []string
}

// found is one group.
type found struct{ account, name, arn string }

// discover looks for groups, from time to time. Those that are known stay when
// it fails.
func (p *place) discover(ctx context.Context) error {
	if err := p.identify(ctx); err != nil {
		return err
	}
	now := p.src.env.Now()
	if !p.discovered.IsZero() && now.Sub(p.discovered) < p.src.options.DiscoverEvery {
		return nil
	}
	var list []found
	for _, name := range p.wanted.names {
		list = append(list, found{account: p.home, name: name})
	}
	for _, arn := range p.wanted.arns {
		list = append(list, p.ofARN(arn))
	}
	for _, pattern := range p.wanted.patterns {
		matching, err := p.matching(ctx, pattern)
		if err != nil {
			if len(p.groups) == 0 {
				p.take(list) // what needs no search is read all the same
			}
			return fmt.Errorf("look for log groups %s in account %s: %w", pattern, p.home, aws.Explain(err))
		}
		list = append(list, matching...)
	}
	p.take(list)
	p.discovered = now
	return nil
}

// take makes the list the place's groups. Those that are known go on.
func (p *place) take(list []found) {
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.name, b.name)) })
	list = slices.CompactFunc(list, func(a, b found) bool { return a.account == b.account && a.name == b.name })
	groups := make([]*group, 0, len(list))
	for _, f := range list {
		i := slices.IndexFunc(p.groups, func(g *group) bool { return g.account == f.account && g.name == f.name })
		if i >= 0 {
			groups = append(groups, p.groups[i])
			continue
		}
		groups = append(groups, p.newGroup(f.account, f.name, f.arn))
	}
	p.groups = groups
}

// matching are the groups that match a pattern.
func (p *place) matching(ctx context.Context, pattern string) (list []found, err error) {
	in := &sdk.DescribeLogGroupsInput{}
	if p.src.options.Linked {
		in.IncludeLinkedAccounts = sdkaws.Bool(true)
	}
	if prefix := pattern[:strings.IndexAny(pattern, "*?[{\\")]; prefix != "" {
		in.LogGroupNamePrefix = &prefix
	}
	pages := sdk.NewDescribeLogGroupsPaginator(p.logs, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		p.heard(page.ResultMetadata)
		for i := range page.LogGroups {
			g := &page.LogGroups[i]
			if ok, _ := doublestar.Match(pattern, sdkaws.ToString(g.LogGroupName)); ok {
				list = append(list, p.ofARN(cmp.Or(sdkaws.ToString(g.LogGroupArn), sdkaws.ToString(g.Arn))))
			}
		}
	}
	return list, nil
}

// ofARN is the group of an ARN: asked for by its name where it is the place's
// own, as every permission allows, and by its ARN where it is linked.
func (p *place) ofARN(arn string) found {
	m := groupARN.FindStringSubmatch(arn)
	if m == nil {
		return found{account: p.home, name: arn}
	}
	f := found{account: m[2], name: m[3]}
	if f.account != p.home {
		f.arn = strings.TrimSuffix(arn, ":*")
	}
	return f
}
