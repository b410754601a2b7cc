package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/durable"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

func newSetup(std Streams) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "setup -c FILE", Short: "Install at every destination what it needs: templates, groups, topics", Args: noArgs,
		Long: "Installs at every destination what writing to it needs, such as Elasticsearch's templates. What is right\n" +
			"already stays. run does the same at its start unless the configuration says that it may not.",
		RunE: func(c *cobra.Command, _ []string) error { return setup(c.Context(), std, file) },
	}
	c.Flags().StringVarP(&file, "config", "c", "burstwatch.yaml", "the configuration")
	return c
}

func setup(ctx context.Context, std Streams, file string) error {
	c, err := load(file, std)
	if err != nil {
		return err
	}
	failed := each(ctx, std, c, "installed", func(p place) action { return p.setup })
	if failed > 0 {
		return exit{code: exitFailure}
	}
	return nil
}

// connect tries every source and sink and says what each refuses.
func connect(ctx context.Context, std Streams, c *config.Config) (failed int) {
	if err := durable.Writable(c.DataDir); err != nil {
		failed = tell(std, fmt.Errorf("%s: data_dir: %w", c.Place("data_dir"), err))
	}
	return failed + each(ctx, std, c, "reached", func(p place) action { return p.check })
}

// reachTimeout bounds what one source or sink may take.
const reachTimeout = 30 * time.Second

type action func(context.Context, plugin.Env, any) error

// place is one source or sink of the configuration.
type place struct {
	kind, name   string
	options      any
	setup, check action
}

func places(c *config.Config) (list []place) {
	for _, s := range c.SourceList {
		list = append(list, place{"sources", s.Name, s.Options, s.Spec.Setup, s.Spec.Check})
	}
	for _, s := range c.SinkList {
		list = append(list, place{"sinks", s.Name, s.Options, s.Spec.Setup, s.Spec.Check})
	}
	return list
}

// each does one thing to every place that can have it done, and prints a line
// for it.
func each(ctx context.Context, std Streams, c *config.Config, done string, what func(place) action) (failed int) {
	for _, p := range places(c) {
		f := what(p)
		if f == nil {
			continue
		}
		if err := bounded(ctx, std.Err, p, f); err != nil {
			failed++
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintf(std.Err, "%s.%s: %s\n", p.kind, p.name, termtext.Escape(strings.TrimSuffix(line, "\n")))
			}
			continue
		}
		fmt.Fprintf(std.Out, "%s.%s: %s\n", p.kind, p.name, done)
	}
	return failed
}

func bounded(ctx context.Context, log io.Writer, p place, f action) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	env := plugin.Env{Name: p.name, Log: slog.New(redact.Log(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}), redact.Default())), Now: time.Now, Datasets: catalog.Datasets()}
	return f(ctx, env, p.options)
}
