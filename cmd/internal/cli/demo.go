package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// demoConfig is what the demo runs: embedded parts alone.
const demoConfig = `
data_dir: %q
studio: %q
rules: [builtin]
http: {listen: %q}
sources:
  studio: {type: demo, seed: %d}
sinks:
  store: {type: local}
  terminal: {type: console, only: alerts, format: text, min_level: low}
`

type demoFlags struct {
	write, dataDir, listen, start string
	size                          plugin.Size
	seed                          uint64
	plain, sessions               bool
	quiet                         bool
	days                          int
}

func newDemo(b Build, std Streams) *cobra.Command {
	f := demoFlags{size: 30e6}
	c := &cobra.Command{
		Use: "demo", Short: "Watch a made-up studio, or write its logs", Args: noArgs,
		Long: "Demo runs the service on embedded parts alone: a made-up studio with four accounts and\n" +
			"three productions whose logs are written while you watch. Alerts appear here, everything\n" +
			"on the page whose address is printed. With --write it writes such logs into a folder, as\n" +
			"S3 would hold them, with studio.yaml beside, and ends.",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.write != "" {
				return writeDemo(std, f)
			}
			var folder []string
			for _, name := range []string{"size", "start", "days", "quiet", "plain", "sessions"} {
				if c.Flags().Changed(name) {
					folder = append(folder, "--"+name)
				}
			}
			if len(folder) > 0 {
				return exit{exitUsage, fmt.Errorf("%s: of a folder of logs, which --write DIR names; without it the studio is only watched", strings.Join(folder, ", "))}
			}
			return runDemo(c, b, std, f)
		},
	}
	s := c.Flags()
	s.StringVar(&f.write, "write", "", "write logs into this folder and end")
	s.Var(textFlag{&f.size, "size"}, "size", "with --write: bytes of logs before compression, two thirds CloudTrail, one third flow logs")
	s.Uint64Var(&f.seed, "seed", 42, "the same seed gives the same logs")
	s.StringVar(&f.start, "start", "", "with --write: the first day of the logs")
	s.IntVar(&f.days, "days", 1, "with --write: how many days the logs cover")
	s.BoolVar(&f.quiet, "quiet", false, "with --write: no violation, only daily work and what looks like trouble and is none")
	s.BoolVar(&f.sessions, "sessions", true, "with --write: transcripts of Session Manager's sessions too, and what the story knows of them")
	s.BoolVar(&f.plain, "plain", false, "with --write: do not compress")
	s.StringVar(&f.dataDir, "data-dir", "", "keep the store here; by default it is removed at the end")
	s.StringVar(&f.listen, "listen", "127.0.0.1:9810", "where the page listens; another port of the same address if it is taken")
	return c
}

func writeDemo(std Streams, f demoFlags) error {
	start, err := moment("--start", f.start)
	if err != nil {
		return exit{exitUsage, err}
	}
	sum, err := demo.Write(f.write, demo.WriteOptions{Size: int64(f.size), Seed: f.seed, Start: start, Days: f.days, Quiet: f.quiet, Plain: f.plain, Sessions: f.sessions})
	if err != nil {
		return fmt.Errorf("write the studio's logs: %w", err)
	}
	fmt.Fprintf(std.Err, "%s\nNext: burstwatch scan --studio %s %s\n", sum, filepath.Join(f.write, "studio.yaml"), f.write)
	return nil
}

func runDemo(c *cobra.Command, b Build, std Streams, f demoFlags) error {
	if f.dataDir == "" {
		dir, err := os.MkdirTemp("", "burstwatch-demo-")
		if err != nil {
			return fmt.Errorf("make a folder for the store: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		f.dataDir = dir
	}
	studio := filepath.Join(f.dataDir, "studio.yaml")
	if err := describeStudio(studio); err != nil {
		return err
	}
	text := fmt.Sprintf(demoConfig, f.dataDir, studio, free(c, f.listen), f.seed)
	log := slog.New(slog.NewTextHandler(std.Err, &slog.HandlerOptions{Level: slog.LevelError}))
	return serve(c.Context(), app.Options{
		Load: func() (*config.Config, error) {
			return config.Parse("demo", []byte(text), catalog.Sources(), catalog.Sinks(output(std)))
		},
		Version: b.Version, Log: log, Now: time.Now,
		Serving: func(url string) {
			fmt.Fprintf(std.Err, "A made-up studio: four accounts, three productions. Its logs are being written now.\n"+
				"Page: %s   Alerts follow here. Ctrl-C ends it.\n\n", url)
		},
	}, false)
}

// describeStudio writes the studio file, without which nobody knows whose network
// or key something is.
func describeStudio(file string) error {
	var text bytes.Buffer
	if err := demo.WriteStudio(&text, time.Now()); err != nil {
		return fmt.Errorf("describe the studio: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return fmt.Errorf("make a folder for the store: %w", err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the studio file: %w", err)
	}
	return nil
}

// free is listen, or another port of its host if that one is taken: a demo
// should not fail because one is running already.
func free(c *cobra.Command, listen string) string {
	l, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", listen)
	if err == nil {
		_ = l.Close()
		return listen
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	return net.JoinHostPort(host, "0")
}
