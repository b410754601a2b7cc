package app

import (
	"fmt"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/rules"
)

// Ruleset is a compiled set with the documents that were refused.
type Ruleset struct {
	*rules.Set
	Refused []rules.Refusal
}

// Rules loads and compiles the rules that specs name, for every dataset there
// is. studio names the studio file, "" if there is none.
func Rules(specs []string, studio string) (*Ruleset, error) {
	s, _, err := config.LoadStudio(studio)
	if err != nil {
		return nil, err
	}
	pack, err := rules.Load(specs)
	if err != nil {
		return nil, err
	}
	set, err := rules.Compile(pack, catalog.Schemas(), rules.Options{Placeholders: s.Placeholder})
	if err != nil {
		return nil, fmt.Errorf("compile the rules: %w", err)
	}
	return &Ruleset{Set: set, Refused: pack.Refused}, nil
}

// loadRules swaps in the configured rules. One that is refused costs itself
// alone, and is said; a service that would not start for it would watch nothing.
func (a *App) loadRules(c *config.Config) error {
	set, err := Rules(c.Rules, c.Studio)
	if err != nil {
		return err
	}
	for _, r := range set.Refused {
		a.o.Log.Warn("rule refused", "rule", r.Error())
	}
	a.o.Log.Info("rules loaded", "rules", len(set.Set.Rules()), "refused", len(set.Refused), "idle", len(set.Idle()))
	a.rules.Store(set)
	return nil
}
