package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the source's.
type Options struct {
	Paths          []string `yaml:"paths" doc:"Files, folders with everything below them, patterns such as /logs/**/*.json.gz, or - for standard input."`
	Exclude        []string `yaml:"exclude" doc:"Patterns of files that are not read. One without a slash is compared with the file's name, else with its path."`
	ingest.Content `yaml:",inline"`
	Follow         bool          `yaml:"follow" doc:"Whether to wait for more: new files, and new lines in those that are there. false reads what is there and ends."`
	Start          Start         `yaml:"start" doc:"Where reading begins in files that are there when Burstwatch starts for the first time: beginning or end. Logs whose first line is a header need the beginning."`
	IgnoreOlder    time.Duration `yaml:"ignore_older" doc:"Files that were not written to for so long are not read. 0 means that all are."`
	PollInterval   time.Duration `yaml:"poll_interval" doc:"How often to look for new files and new lines."`
	Settle         time.Duration `yaml:"settle" doc:"How long a compressed file or a table must not have changed before it is read."`
	CloseInactive  time.Duration `yaml:"close_inactive" doc:"How long a file at its end stays open. It is opened again when it grows. A last line that has not ended is waited for ten times as long."`
	MaxOpenFiles   int           `yaml:"max_open_files" doc:"How many files are open at once."`
	ForgetAfter    time.Duration `yaml:"forget_after" doc:"How long the position in a file is kept that is gone. Should it come back later, it is read again."`
}

// Start is where reading begins.
type Start string

// The places.
const (
	Beginning Start = "beginning"
	End       Start = "end"
)

// Waiting times that nobody needs to choose.
const (
	// rotateWait is how long a file that was renamed or removed stays open at
	// its end: its writer may not know yet.
	rotateWait = 5 * time.Second
	// copyWait is how long a file whose content is that of another is left
	// alone: it may be a copy that is made before the other is truncated.
	copyWait = 30 * time.Second
	// deniedWait is how often a file is tried that may not be read.
	deniedWait = time.Minute
)

// lastLineWait is how long a last line that has not ended is waited for. Then it
// is taken for whole: its file may have been put there as it is.
func (o *Options) lastLineWait() time.Duration { return 10 * o.CloseInactive }

// lostWait is how long a copy is looked for when a file was truncated; it may be
// compressed already.
func (o *Options) lostWait() time.Duration { return o.Settle + 3*o.PollInterval + time.Second }

func defaults() Options {
	return Options{
		Follow: true, Start: Beginning, PollInterval: time.Second, Settle: 5 * time.Second,
		CloseInactive: time.Minute, MaxOpenFiles: 256, ForgetAfter: 7 * 24 * time.Hour,
	}
}

// Validate finds every fault.
func (o *Options) Validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, plugin.FieldError{Key: key, Reason: fmt.Sprintf(format, args...)})
	}
	if len(o.Paths) == 0 {
		fault("paths", "name at least one file, folder or pattern")
	}
	for i, p := range o.Paths {
		if p == "" || !doublestar.ValidatePattern(filepath.ToSlash(p)) {
			fault(fmt.Sprintf("paths[%d]", i), "%q is no pattern: a bracket is not closed, or it is empty", p)
		}
	}
	for i, p := range o.Exclude {
		if p == "" || !doublestar.ValidatePattern(filepath.ToSlash(p)) {
			fault(fmt.Sprintf("exclude[%d]", i), "%q is no pattern: a bracket is not closed, or it is empty", p)
		}
	}
	if o.Start != Beginning && o.Start != End {
		fault("start", "want beginning or end")
	}
	for _, d := range []struct {
		key   string
		value time.Duration
		least time.Duration
	}{
		{"ignore_older", o.IgnoreOlder, 0}, {"poll_interval", o.PollInterval, 10 * time.Millisecond},
		{"settle", o.Settle, 0}, {"close_inactive", o.CloseInactive, time.Second}, {"forget_after", o.ForgetAfter, time.Minute},
	} {
		if d.value < d.least {
			fault(d.key, "want %s or more", d.least)
		}
	}
	if o.MaxOpenFiles < 1 || o.MaxOpenFiles > 1<<16 {
		fault("max_open_files", "want 1 to %d", 1<<16)
	}
	return errors.Join(faults...)
}

// Spec is the source "file".
func Spec() plugin.Spec[ingest.Source] {
	spec := plugin.Define("file", "Files and folders, plain and compressed, to the end or followed as they grow and rotate; or standard input.",
		defaults(),
		func(env plugin.Env, o Options) (ingest.Source, error) {
			if err := o.Validate(); err != nil {
				return nil, err
			}
			return newSource(env, o), nil
		})
	spec.Check = plugin.With("file", check)
	return spec
}
