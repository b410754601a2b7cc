package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/cmd/internal/web"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// serve starts the page. The channel gets the one result of serving it.
func (a *App) serve(ctx context.Context) (<-chan error, error) {
	if a.config.HTTP.Listen == "" {
		none := make(chan error, 1)
		none <- nil
		return none, nil
	}
	page, err := web.New(web.Config{
		Listen: a.config.HTTP.Listen, Token: a.config.HTTP.Token, Version: a.o.Version, Store: a.pageStore, Status: a.status,
		Rules: a.pageRules, Ready: a.ready, Metrics: a.metrics, Now: a.o.Now, Log: a.o.Log.With("part", "page"),
	})
	if err != nil {
		return nil, err
	}
	url, served, err := page.Start(ctx)
	if err != nil {
		return nil, err
	}
	if a.o.Serving != nil {
		a.o.Serving(url)
	}
	return served, nil
}

// pageStore is the local store that the page reads, nil where there is none.
func (a *App) pageStore() web.Store {
	if s := a.store.Load(); s != nil {
		return s
	}
	return nil // not a nil *local.Store, which would not be a nil web.Store
}

func (a *App) pageRules() web.Rules {
	set := a.rules.Load()
	out := web.Rules{Loaded: len(set.Set.Rules())}
	for _, r := range set.Refused {
		out.Refused = append(out.Refused, web.RefusedRule{Where: r.File + ":" + strconv.Itoa(r.Line), Reason: r.Error()})
	}
	for _, i := range set.Idle() {
		out.Idle = append(out.Idle, web.IdleRule{ID: i.Rule.ID, Title: i.Rule.Title, Reason: i.Reason})
	}
	return out
}

// status is the pipeline's, with the rules whose silence is no answer.
func (a *App) status() pipeline.Status {
	s, set := a.pipeline.Status(), a.rules.Load()
	s.Rules.Loaded, s.Rules.Since = len(set.Set.Rules()), set.Since
	s.Refused = a.refused.Load()
	silent := func(r *rules.Rule, reason string) pipeline.SilentRule {
		return pipeline.SilentRule{ID: r.ID, Title: r.Title, Controls: r.Header.Controls, Reason: reason}
	}
	for _, i := range set.Idle() {
		s.Rules.Idle = append(s.Rules.Idle, silent(i.Rule, i.Reason))
	}
	for _, u := range set.Unseen() {
		s.Rules.Unseen = append(s.Rules.Unseen, silent(u.Rule, u.Reason))
	}
	return s
}

// ready says why no logs are taken.
func (a *App) ready() error {
	if s := a.pipeline.Status().State; s != "running" {
		return errors.New("the pipeline is " + s)
	}
	return nil
}

// read opens the first local store of the sinks for the page, in place of the
// one that was open before.
func (a *App) read(ctx context.Context, env plugin.Env, s config.Sink) error {
	o, ok := s.Options.(*local.Options)
	if !ok || a.store.Load() != nil {
		return nil
	}
	store, err := local.OpenStore(ctx, o.File(env.DataDir))
	if err != nil {
		return fmt.Errorf("open the store for the page: %w", err)
	}
	a.store.Store(store)
	return nil
}

// unread closes the store that the page reads.
func (a *App) unread() error {
	if s := a.store.Swap(nil); s != nil {
		return s.Close()
	}
	return nil
}
