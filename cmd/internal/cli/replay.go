package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
)

func newReplay(b Build, std Streams) *cobra.Command {
	var file, level string
	var r app.Replay
	c := &cobra.Command{
		Use: "replay -c FILE [--quarantine] [PATH…]", Short: "Carry the quarantine, or files, through the pipeline again",
		Long: "Replay reads what could not be read once more, sends what a sink refused to that sink once more, and reads\n" +
			"files and folders as if they were new: by the same rules, to the same sinks, under the same delivery ids, so\n" +
			"that destinations that can tell drop what they have. What fails again is in quarantine again; what is durable\n" +
			"elsewhere is removed from it. The service must not run meanwhile.",
		Example: "  burstwatch replay -c burstwatch.yaml --quarantine\n" +
			"  burstwatch replay -c burstwatch.yaml --dataset aws.cloudtrail /restored/AWSLogs",
		RunE: func(c *cobra.Command, args []string) error {
			r.Paths = args
			return replay(c, b, std, file, level, r)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "burstwatch.yaml", "the configuration")
	c.Flags().BoolVar(&r.Quarantine, "quarantine", false, "what is in quarantine")
	c.Flags().StringVar(&r.Dataset, "dataset", "", "what the files are, where path and content do not tell")
	c.Flags().StringVar(&level, "log-level", "warn", "debug, info, warn or error")
	return c
}

func replay(c *cobra.Command, b Build, std Streams, file, level string, r app.Replay) error {
	if !r.Quarantine && len(r.Paths) == 0 {
		return exit{exitUsage, errors.New("nothing to replay: name files or folders, or --quarantine")}
	}
	if err := knownDataset(r.Dataset); err != nil {
		return exit{exitUsage, err}
	}
	log, err := newLog(std, level)
	if err != nil {
		return err
	}
	a, err := app.New(app.Options{
		Load:    func() (*config.Config, error) { return load(file, std) },
		Version: b.Version, Log: log, In: std.In, Replay: &r,
	})
	if err != nil {
		return err
	}
	err = a.Run(c.Context())
	done := a.Replayed()
	if r.Quarantine {
		fmt.Fprintf(std.Err, "%s read again, %d sent again to the sink that had refused them, %d left in quarantine\n", counted(done.Read, "record"), done.Sent, done.Left)
	}
	if again := a.Requarantined(); again > 0 {
		fmt.Fprintf(std.Err, "%s failed again, now in quarantine with the reason of this time\n", counted(again, "record"))
		if err == nil {
			err = exit{code: exitFailure}
		}
	}
	return err
}
