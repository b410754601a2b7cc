package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// How a body that breaks off is read on.
const (
	// mostResumes in a row without a byte, and the object has failed.
	mostResumes   = 6
	firstResume   = 100 * time.Millisecond
	longestResume = 10 * time.Second
)

// resume opens the rest of an object whose body broke off for a reason.
func (d *download) resume(tries *int, why error) error {
	_ = d.stream.Close()
	if why == io.EOF {
		why = errShort
	}
	d.resumed(why)
	for {
		if *tries++; *tries > mostResumes {
			return fmt.Errorf("%s broke off at byte %d of %d: %w", d.ref, d.at, d.size, why)
		}
		if err := pause(d.ctx, min(firstResume<<(*tries-1), longestResume)); err != nil {
			return err
		}
		out, err := d.get(fmt.Sprintf("bytes=%d-", d.at))
		if err == nil {
			if err = d.follows(out); err == nil {
				return nil
			}
		}
		if !again(err) {
			return err
		}
		why = err
	}
}

// follows takes the answer to a request for the rest, if it is that: a server
// that does not know ranges answers with the whole.
func (d *download) follows(out *sdk.GetObjectOutput) error {
	if got := text(out.ETag); got != d.etag {
		_ = out.Body.Close()
		return fmt.Errorf("%s: %w", d.ref, errReplaced)
	}
	d.stream = out.Body
	if begin := fmt.Sprintf("bytes %d-", d.at); strings.HasPrefix(text(out.ContentRange), begin) {
		return nil
	}
	_, err := io.CopyN(io.Discard, out.Body, d.at)
	if err != nil {
		_ = out.Body.Close()
	}
	return err
}

// again reports whether the rest may be had by asking once more.
func again(err error) bool {
	var api smithy.APIError
	switch {
	case errors.Is(err, errReplaced), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &api) && api.ErrorCode() == "PreconditionFailed":
		return false
	}
	switch aws.KindOf(err) {
	case aws.Denied, aws.NotFound:
		return false
	}
	return true
}

// pause waits, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
