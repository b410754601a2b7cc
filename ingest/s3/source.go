package s3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// source is the S3 source. It lives as long as the pipeline's generation; Run
// may be called again after it has failed, while objects are still in flight.
type source struct {
	options  Options
	env      plugin.Env
	datasets map[string]bool
	s3       objects
	queue    queue
	chunks   *chunks
	custody  *custody
	notes    *notes
	started  time.Time // when Run was called first

	pass *pass // the back-fill that was begun last

	backfilling atomic.Bool
	passed      atomic.Int64 // notifications of nothing to read
	broken      atomic.Int64 // bodies that broke off
}

// Spec is the source "aws_s3".
func Spec() plugin.Spec[ingest.Source] {
	spec := plugin.Define("aws_s3", "Objects of S3 as a queue of notifications names them, and those that a bucket holds already.",
		defaults(),
		func(env plugin.Env, o Options) (ingest.Source, error) {
			if err := o.Validate(); err != nil {
				return nil, err
			}
			session, err := aws.PoolOf(env).Session(context.Background(), o.Options)
			if err != nil {
				return nil, err
			}
			return newSource(env, o, session.S3(), session.SQS())
		})
	spec.Check = check
	return spec
}

func newSource(env plugin.Env, o Options, s3 objects, q queue) (*source, error) {
	if env.State == nil {
		return nil, errors.New("s3: there is no store for what is done")
	}
	s := &source{options: o, env: env, s3: s3, queue: q, datasets: map[string]bool{}, chunks: newChunks(int64(o.DownloadMemory), o.Downloads)}
	for _, d := range env.Datasets {
		s.datasets[d] = true
	}
	if o.Dataset != "" && len(s.datasets) > 0 && !s.datasets[o.Dataset] {
		slices.Sort(env.Datasets)
		return nil, plugin.FieldError{Key: "dataset", Reason: fmt.Sprintf("no parser reads %q; there are %v", o.Dataset, env.Datasets)}
	}
	s.notes = newNotes(env.State, env.Name, env.Log)
	s.custody = &custody{
		queue: q, url: o.QueueURL, visibility: o.VisibilityTimeout, rule: rule{o.MaxTries, o.RetryPause, o.QuarantineAfter},
		notes: s.notes, log: env.Log, now: env.Now, all: map[string]*message{}, notify: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	if env.Metrics != nil {
		s.measure(env.Metrics, env.Name)
	}
	return s, nil
}

// Run reads the bucket, and then or beside it what the queue names.
func (s *source) Run(ctx context.Context, out ingest.Emitter) error {
	if s.started.IsZero() {
		s.started = s.env.Now()
		s.notes.forget(s.started)
	}
	s.custody.begin()
	defer s.custody.end()
	jobs := make(chan *job)
	// What has been handed on is read on with ctx, whatever fails here.
	group, finding := errgroup.WithContext(ctx)
	var downloads sync.WaitGroup
	for range s.options.Downloads {
		downloads.Go(func() { s.work(finding, ctx, jobs, out) })
	}
	if s.options.Bucket != "" {
		s.backfilling.Store(true)
		group.Go(func() error { return s.backfill(finding, jobs) })
	}
	if s.options.QueueURL != "" {
		group.Go(func() error { return s.receive(finding, jobs, out) })
	}
	err := group.Wait()
	close(jobs)
	downloads.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// resumed notes that a body broke off.
func (s *source) resumed(why error) {
	s.broken.Add(1)
	s.env.Log.Debug("a download broke off and is read on", "error", why)
}
