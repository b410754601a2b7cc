package s3

import (
	"context"
	"encoding/binary"
	"io"
	"strings"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/awskey"
	"github.com/burstwatch/burstwatch/internal/event"
)

// job is one object to be read, or what goes to quarantine in its place.
type job struct {
	ref
	// refuse is why it goes to quarantine, "" if it is read; then text goes, and
	// name says of what, if it is no object.
	refuse, text, name string
	// quiet keeps an object that cannot even be opened from the pipeline.
	quiet bool
	// taken is called when a worker has taken it; may be nil.
	taken func()
	// finish is called once: nil when it is settled, errStopped when we stop.
	finish func(err error, taken bool)
}

// work downloads and hands on until there are no more jobs, or ctx ends.
// Downloads end with reading, which lasts longer than ctx.
func (s *source) work(ctx, reading context.Context, jobs <-chan *job, out ingest.Emitter) {
	for {
		select {
		case j, ok := <-jobs:
			if !ok {
				return
			}
			s.hand(ctx, reading, j, out)
		case <-ctx.Done():
			return
		}
	}
}

// hand hands one object on.
func (s *source) hand(ctx, reading context.Context, j *job, out ingest.Emitter) {
	o, d, err := s.object(reading, j)
	if err != nil {
		if stopped(reading, err) {
			err = errStopped
		}
		j.finish(err, false)
		return
	}
	o.Settled = func(err error) { j.finish(s.why(reading, d, err), true) }
	if err := out.Object(ctx, o); err != nil {
		_ = o.Body.Close()
		j.finish(errStopped, false)
		return
	}
	if j.taken != nil {
		j.taken()
	}
}

// object is what is handed on for a job; d is its download, if it has one. What
// cannot be opened is handed on as an object that cannot be read, so that the
// pipeline counts it and says so, and believes in no frontier meanwhile.
func (s *source) object(ctx context.Context, j *job) (o *ingest.Object, d *download, err error) {
	if j.refuse != "" {
		return s.refused(j), nil, nil
	}
	d, err = s.open(ctx, j.ref)
	if err != nil {
		if j.quiet || stopped(ctx, err) {
			return nil, nil, err
		}
		return &ingest.Object{Origin: s.origin(j.ref, ""), Body: broken{err}, Size: -1}, nil, nil
	}
	return &ingest.Object{Origin: s.origin(j.ref, d.etag), Body: d, Size: d.size}, d, nil
}

// broken is the body of an object that could not be opened.
type broken struct{ err error }

// Read fails with the reason.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Close does nothing.
func (broken) Close() error { return nil }

// why is what became of an object, from what the pipeline says and what the
// download knows better.
func (s *source) why(ctx context.Context, d *download, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errStopped
	case d != nil && d.failed() != nil:
		return d.failed()
	}
	return err
}

// refused is what goes to quarantine for a job.
func (s *source) refused(j *job) *ingest.Object {
	o := &ingest.Object{Origin: s.origin(j.ref, ""), Refused: j.refuse, Size: int64(len(j.text)), Body: io.NopCloser(strings.NewReader(j.text))}
	if j.name != "" {
		o.Origin = &event.Origin{Source: s.env.Name, Name: j.name, Identity: []byte(j.name)}
	}
	return o
}

// origin is an object's. Its identity is the same whichever way the object was
// found, so that a back-fill repeats nothing that a queue has brought.
func (s *source) origin(r ref, etag string) *event.Origin {
	k := awskey.Parse(r.key)
	o := &event.Origin{
		Source: s.env.Name, Name: r.String(), Identity: identity(r, etag), Account: k.Account, Region: k.Region,
		Dataset: s.options.Dataset, Format: s.options.Format,
	}
	if d := k.Dataset(); o.Dataset == "" && s.datasets[d] {
		o.Dataset = d
	}
	return o
}

func identity(r ref, etag string) []byte {
	var id []byte
	for _, part := range []string{"s3", r.bucket, r.key, strings.Trim(etag, `"`)} {
		id = binary.AppendUvarint(id, uint64(len(part)))
		id = append(id, part...)
	}
	return id
}
