package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/sinks/console"
)

func newRun(b Build, std Streams) *cobra.Command {
	var file, level string
	var once, standby bool
	c := &cobra.Command{
		Use: "run -c FILE", Short: "Run the service that the configuration describes", Args: noArgs,
		Long: "Run reads logs, judges them and ships events and alerts, as the configuration says.\n" +
			"SIGTERM or Ctrl-C drains and ends; SIGHUP reads the configuration and the rules again. A changed\n" +
			"studio file or location database is noticed by itself.\n" +
			"With --standby it waits while another process works on the data_dir, and takes over when that one\n" +
			"has ended, however it ended: start the same command on two machines that share the folder.",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := newLog(std, level)
			if err != nil {
				return err
			}
			return serve(c.Context(), app.Options{
				Load:    func() (*config.Config, error) { return load(file, std) },
				Version: b.Version, Log: log, In: std.In, Once: once,
				Serving: func(url string) { log.Info("the page is served", "url", url) },
			}, standby)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "burstwatch.yaml", "the configuration")
	c.Flags().BoolVar(&once, "once", false, "end when every source is drained and every sink has acknowledged; one that follows files or reads a queue is never drained")
	c.Flags().BoolVar(&standby, "standby", false, "wait while another process works on the data_dir, and take over when it has ended")
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return c
}

func load(file string, std Streams) (*config.Config, error) {
	return config.Load(file, catalog.Sources(), catalog.Sinks(output(std)))
}

// output is where the console sink prints.
func output(std Streams) console.Output {
	return console.Output{Writer: std.Out, Terminal: std.Terminal, Color: std.Terminal && os.Getenv("NO_COLOR") == ""}
}

// newLog writes to standard error: for a person at a terminal as text, else as JSON.
func newLog(std Streams, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, exit{exitUsage, fmt.Errorf("--log-level %s: want debug, info, warn or error", level)}
	}
	o := &slog.HandlerOptions{Level: l}
	if std.ErrTerminal {
		return slog.New(slog.NewTextHandler(std.Err, o)), nil
	}
	return slog.New(slog.NewJSONHandler(std.Err, o)), nil
}

// begin makes the service; one that may stand by waits until it is needed.
func begin(ctx context.Context, o app.Options, standby bool) (*app.App, error) {
	for {
		a, err := app.New(o)
		if !standby || !errors.Is(err, state.ErrInUse) {
			return a, err
		}
		if err := app.StandBy(ctx, o); err != nil {
			return nil, err
		}
	}
}

// serve runs the service until ctx ends and reloads it at SIGHUP.
func serve(ctx context.Context, o app.Options, standby bool) error {
	defer ofService().start()()
	a, err := begin(ctx, o, standby)
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-hup:
				a.Reload()
			case <-done:
				return
			}
		}
	}()
	err = a.Run(ctx)
	close(done)
	<-ended
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
