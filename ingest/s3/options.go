package s3

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the source's.
type Options struct {
	aws.Options `yaml:",inline"`

	QueueURL          string        `yaml:"queue_url" doc:"The SQS queue that is told of new objects: by S3, by SNS, by EventBridge, or by CloudTrail's own topic. Empty: no queue is read."`
	VisibilityTimeout time.Duration `yaml:"visibility_timeout" doc:"How long a message stays invisible for others after Burstwatch was killed. While it is worked on, this is extended; when Burstwatch stops, it is given back at once."`
	MaxMessages       int           `yaml:"max_number_of_messages" doc:"How many messages are worked on at once: one is until its objects are settled at every sink."`
	MaxTries          int           `yaml:"max_tries" doc:"How often an object that is gone, or fails for another reason of its own, is tried before its notification goes to quarantine. Missing permissions and throttling do not count: those are tried for as long as quarantine_after."`
	RetryPause        time.Duration `yaml:"retry_pause" doc:"How long a message is left alone after its first failure; twice as long after each further one, at most 15m."`
	QuarantineAfter   time.Duration `yaml:"quarantine_after" doc:"How old a message may become that fails for whatever reason; then it goes to quarantine. Less than the queue's own retention (4 days unless it was changed), after which SQS drops it."`

	Bucket   string   `yaml:"bucket" doc:"A bucket of which the objects that are there already are read. Without a queue_url the source ends when they are."`
	Prefixes []string `yaml:"prefix" doc:"Only keys that begin so, one or a list; empty: all of the bucket."`
	From     Date     `yaml:"from" doc:"Only objects of this day or later, such as 2026-11-02 (UTC): the day that the key tells, or else that on which the object was written."`
	To       Date     `yaml:"to" doc:"Only objects of days before this one."`

	Exclude        []string `yaml:"exclude" doc:"Patterns of keys that are not read, such as **/CloudTrail-Digest/**. One without a slash is compared with what follows the last slash."`
	ingest.Content `yaml:",inline"`

	Downloads      int         `yaml:"downloads" doc:"How many objects are downloaded side by side."`
	DownloadMemory plugin.Size `yaml:"download_memory" doc:"How much of all downloads together may lie in memory before it is read."`
}

// Date is a day.
type Date struct{ time.Time }

// UnmarshalText reads 2026-11-02.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return errors.New("want a day such as 2026-11-02")
	}
	d.Time = t
	return nil
}

// String is the day, "" if there is none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

func defaults() Options {
	return Options{
		Options: aws.Defaults(), VisibilityTimeout: 5 * time.Minute, MaxMessages: 500, MaxTries: 5,
		RetryPause: 30 * time.Second, QuarantineAfter: 72 * time.Hour, Downloads: 8, DownloadMemory: 8e6,
	}
}

// Validate finds every fault.
func (o *Options) Validate() error {
	faults := []error{o.Options.Validate()}
	fault := func(wrong bool, key, format string, args ...any) {
		if wrong {
			faults = append(faults, plugin.FieldError{Key: key, Reason: fmt.Sprintf(format, args...)})
		}
	}
	fault(o.QueueURL == "" && o.Bucket == "", "queue_url", "is needed, or a bucket: there would be nothing to read")
	fault(o.QueueURL != "" && !isQueue(o.QueueURL), "queue_url", "want the queue's URL, https://sqs.eu-west-1.amazonaws.com/123456789012/name")
	fault(strings.HasSuffix(o.QueueURL, ".fifo"), "queue_url", "S3 notifies no FIFO queues")
	fault(o.VisibilityTimeout < 30*time.Second || o.VisibilityTimeout > 12*time.Hour, "visibility_timeout", "want 30s to 12h")
	fault(o.MaxMessages < 1 || o.MaxMessages > 10_000, "max_number_of_messages", "want 1 to 10000")
	fault(o.MaxTries < 1 || o.MaxTries > 1000, "max_tries", "want 1 to 1000")
	fault(o.RetryPause < time.Second || o.RetryPause > longestPause, "retry_pause", "want 1s to 15m")
	fault(o.QuarantineAfter < time.Minute || o.QuarantineAfter > 14*24*time.Hour, "quarantine_after", "want 1m to 336h, which is as long as SQS keeps a message at most")
	fault(strings.ContainsAny(o.Bucket, "/:"), "bucket", "want the bucket's name alone, without s3:// and keys")
	for _, k := range []struct {
		key string
		set bool
	}{{"prefix", len(o.Prefixes) > 0}, {"from", !o.From.IsZero()}, {"to", !o.To.IsZero()}} {
		fault(k.set && o.Bucket == "", k.key, "is for the objects of a bucket, and no bucket is named")
	}
	fault(!o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To.Time), "to", "want a day after from")
	for i, p := range o.Exclude {
		fault(p == "" || !doublestar.ValidatePattern(p), fmt.Sprintf("exclude[%d]", i), "%q is no pattern: a bracket is not closed, or it is empty", p)
	}
	fault(o.Downloads < 1 || o.Downloads > 256, "downloads", "want 1 to 256")
	fault(o.DownloadMemory < plugin.Size(o.Downloads)*chunkSize, "download_memory", "want at least 128KiB for each of the downloads")
	return errors.Join(faults...)
}

func isQueue(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(strings.Trim(u.Path, "/")) > 0
}

// excluded reports whether an object is not to be read: folders, as consoles
// make them, and what the options name.
func (o *Options) excluded(key string) bool {
	name := key[strings.LastIndexByte(key, '/')+1:]
	return slices.ContainsFunc(o.Exclude, func(pattern string) bool {
		of := key
		if !strings.Contains(pattern, "/") {
			of = name
		}
		return doublestar.MatchUnvalidated(pattern, of)
	})
}

// prefixes are those of the options in order, without those that lie in others.
func (o *Options) prefixes() []string {
	if len(o.Prefixes) == 0 {
		return []string{""}
	}
	list := slices.Clone(o.Prefixes)
	slices.Sort(list)
	kept := list[:1]
	for _, p := range list[1:] {
		if !strings.HasPrefix(p, kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	return kept
}
