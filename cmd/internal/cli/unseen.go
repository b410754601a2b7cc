package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/cmd/internal/scan"
)

// load compiles the rules. unseen says by id which of them find nothing to judge in
// what was read; nil where nothing was.
func (f *rulesFlags) load(ctx context.Context, std Streams) (set *app.Ruleset, unseen map[string]string, err error) {
	switch {
	case f.config != "" && len(f.logs) > 0:
		return nil, nil, exit{exitUsage, errors.New("--logs and --config: what was read is either those files, or what the service reads")}
	case f.config != "":
		return f.ask(ctx, std)
	}
	if set, err = app.Rules(app.Files{Rules: f.rules, Studio: f.studio}); err != nil || len(f.logs) == 0 {
		return set, nil, err
	}
	_, err = scan.Run(ctx, scan.Options{
		Paths: f.logs, In: std.In, Rules: set.Set, Specs: set.Parsers, MatchesOnly: true, NDJSON: true, Out: io.Discard, Err: io.Discard, Now: time.Now,
	})
	unseen = map[string]string{}
	for _, u := range set.Unseen() {
		unseen[u.Rule.ID] = u.Reason
	}
	return set, unseen, err
}

// ask takes the rules of a service's configuration, and asks it what they have seen.
func (f *rulesFlags) ask(ctx context.Context, std Streams) (*app.Ruleset, map[string]string, error) {
	conf, err := load(f.config, std)
	if err != nil {
		return nil, nil, err
	}
	set, err := app.Rules(app.Files{Rules: conf.Rules, Studio: conf.Studio})
	if err != nil {
		return nil, nil, err
	}
	raw, err := askStatus(ctx, conf.HTTP)
	if err != nil {
		return nil, nil, err
	}
	var s pipeline.Status
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, nil, fmt.Errorf("the answer is no status: %w", err)
	}
	unseen := map[string]string{}
	for _, u := range s.Rules.Unseen {
		unseen[u.ID] = u.Reason + ", since " + moments(s.Rules.Since)
	}
	return set, unseen, nil
}
