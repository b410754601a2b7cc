package s3

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// backfill reads what the bucket holds. It returns when everything is settled,
// since only then it is known that nothing has to be tried again; or with an
// error, where something cannot be read now: the next Run tries that again.
func (s *source) backfill(ctx context.Context, jobs chan<- *job) error {
	if s.pass != nil { // of a Run that failed
		if err := s.pass.wait(ctx); err != nil {
			return stop(ctx, err)
		}
	}
	p, err := openPass(s.env.State, s.env.Name, s.options.of(), s.env.Now(), s.env.Log)
	if err != nil {
		return err
	}
	s.pass = p
	err = s.list(ctx, p.record.Low, func(o types.Object) error {
		e, wanted := p.wants(&o)
		if !wanted {
			return nil
		}
		if err := p.add(ctx, e); err != nil {
			return err
		}
		return s.offer(ctx, jobs, p, e.key, e)
	})
	if err == nil {
		err = p.wait(ctx)
	}
	if err == nil {
		err = s.retry(ctx, jobs, p)
	}
	if err == nil {
		err = p.complete()
	}
	if err != nil {
		return stop(ctx, err)
	}
	s.backfilling.Store(false)
	s.env.Log.Info("all that the bucket held is read", "bucket", s.options.Bucket, "until", p.record.Until)
	return nil
}

// stop makes nothing of an error that only says that ctx has ended.
func stop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// offer makes a job of an object that is in the pass.
func (s *source) offer(ctx context.Context, jobs chan<- *job, p *pass, key string, e *entry) error {
	j := &job{ref: ref{bucket: s.options.Bucket, key: key}, quiet: true}
	j.finish = func(err error, _ bool) { p.finish(key, e, err) }
	p.mu.Lock()
	f := p.failed[key]
	p.mu.Unlock()
	if f.Tries >= s.options.MaxTries {
		j.refuse = fmt.Sprintf("given up after %d tries, the last: %s", f.Tries, f.Reason)
		j.text = announcement(j.ref)
		s.env.Log.Warn("it goes to quarantine: its key is kept there", "object", j.label(), "reason", j.refuse)
	}
	select {
	case jobs <- j:
		return nil
	case <-ctx.Done():
		j.finish(errStopped, false)
		return ctx.Err()
	}
}

// announcement is a notification of an object, in the shortest of the forms that
// this source reads.
func announcement(r ref) string {
	text, _ := json.Marshal(map[string]any{"s3Bucket": r.bucket, "s3ObjectKey": []string{r.key}}) // of strings
	return string(text)
}

// retry tries what failed until nothing is left, or only what is not the
// objects' own fault.
func (s *source) retry(ctx context.Context, jobs chan<- *job, p *pass) error {
	for round := 0; ; round++ {
		keys := p.failing()
		if len(keys) == 0 {
			return nil
		}
		if round > 0 || p.failedNow() {
			if err := pause(ctx, s.options.RetryPause); err != nil {
				return err
			}
		}
		for _, key := range keys {
			p.mu.Lock()
			p.open++
			p.mu.Unlock()
			if err := s.offer(ctx, jobs, p, key, nil); err != nil {
				return err
			}
		}
		if err := p.wait(ctx); err != nil {
			return err
		}
		if p.hopeless() {
			return p.unread()
		}
	}
}

// failedNow reports whether something failed since this Run began.
func (p *pass) failedNow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh
}

// hopeless reports whether something failed, and nothing of it by its own fault.
func (p *pass) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.failed {
		if f.Counts {
			return false
		}
	}
	return len(p.failed) > 0
}
