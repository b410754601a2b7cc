package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/cli"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/controls"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/sinks/console"
)

// reference is what the pages are made of.
type reference struct {
	// Pipeline, Delivery and Studio are the keys of the two files; Delivery is
	// what every sink takes.
	Pipeline, Delivery, Studio []config.Option
	Sources, Sinks             []pluginPage
	// Example and StudioExample are the files of docs/example.
	Example, StudioExample string

	Commands []command
	Exits    []cli.ExitCode
	Rules    []rulePack
	Sections []section
	Families []family
}

// pluginPage is one source or sink.
type pluginPage struct {
	Name, Summary string
	Options       []config.Option
}

// gather asks the program. docs is the folder with the examples.
func gather(docs string) (*reference, error) {
	pipe, delivery := config.Default(), pipeline.DefaultSinkOptions()
	ref := &reference{
		Pipeline: config.Options(&pipe), Delivery: config.Options(&delivery), Studio: config.Options(&inventory.Studio{}),
		Sources: plugins(catalog.Sources()), Sinks: plugins(catalog.Sinks(console.Output{})),
		Commands: commands(cli.Commands()), Exits: cli.ExitCodes(),
	}
	// A rule that needs the studio file is described as it is with one.
	set, err := app.Rules(app.Files{Rules: []string{rules.Builtin}, Studio: filepath.Join(docs, "example", "studio.yaml"), Cases: true})
	if err != nil {
		return nil, err
	}
	without, err := app.Rules(app.Files{Rules: []string{rules.Builtin}, Cases: true})
	if err != nil {
		return nil, err
	}
	if len(set.Refused) > 0 {
		return nil, fmt.Errorf("a builtin rule is refused: %w", set.Refused[0])
	}
	checklist, err := controls.Checklist()
	if err != nil {
		return nil, err
	}
	ref.Rules, ref.Sections, ref.Families = packs(set.Set, without.Set), answer(checklist, set.Set), families(set.Set)
	for name, to := range map[string]*string{"burstwatch.yaml": &ref.Example, "studio.yaml": &ref.StudioExample} {
		text, err := os.ReadFile(filepath.Join(docs, "example", name))
		if err != nil {
			return nil, err
		}
		*to = string(text)
	}
	return ref, nil
}

func plugins[T any](specs []plugin.Spec[T]) (out []pluginPage) {
	for _, s := range specs {
		out = append(out, pluginPage{Name: s.Name, Summary: s.Summary, Options: config.Options(s.Options())})
	}
	return out
}
