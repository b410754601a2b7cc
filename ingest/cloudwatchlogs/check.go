package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// check asks each place for one event of each group that is named, and for the
// groups that match a pattern.
func check(ctx context.Context, env plugin.Env, options any) error {
	o, ok := options.(*Options)
	if !ok {
		return fmt.Errorf("cloudwatchlogs: options are a %T", options)
	}
	s, err := connect(ctx, env, *o)
	if err != nil {
		return err
	}
	var faults []string
	for _, p := range s.places {
		for _, fault := range p.check(ctx) {
			faults = append(faults, fault.Error())
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "; ")) // in one line, as a command prints it
}

func (p *place) check(ctx context.Context) (faults []error) {
	if err := p.discover(ctx); err != nil {
		faults = append(faults, err)
	} else if len(p.groups) == 0 {
		faults = append(faults, fmt.Errorf("no log group of account %s in %s matches", p.home, p.region))
	}
	for _, g := range p.groups {
		if _, err := g.search(ctx, query{slice: slice{from: p.now(), open: true}, limit: 1}); err != nil {
			faults = append(faults, fmt.Errorf("read %s: %w", g, err))
		}
	}
	return faults
}
