package s3

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/burstwatch/burstwatch/internal/aws"
)

var (
	// errStopped is why an object was not read to its end: we stop.
	errStopped = errors.New("stopped")
	// errShort is a body that ends before its length.
	errShort = errors.New("the body ended before its length, again and again at the same place")
	// errReplaced is an object that is another one than that whose begin was read.
	errReplaced = errors.New("the object was replaced while it was being read: it is read anew")
)

// stopped reports whether an error says no more than that we stop.
func stopped(ctx context.Context, err error) bool {
	return errors.Is(err, errStopped) || ctx.Err() != nil
}

// counts reports whether a failure is the object's own, so that after some more
// of it the object is given up. What AWS refuses, or cannot do now, is not: it
// holds for every object alike, and giving up would lose them all.
func counts(err error) bool {
	switch aws.KindOf(err) {
	case aws.Denied, aws.Expired, aws.NoCredentials, aws.BadCredentials, aws.WrongClock, aws.WrongRegion,
		aws.Throttled, aws.Unreachable, aws.Unavailable:
		return false
	case aws.NotFound:
		return true
	}
	// A key that was disabled comes as KMS.DisabledException and the like.
	var api smithy.APIError
	return !errors.As(err, &api) || !strings.HasPrefix(api.ErrorCode(), "KMS.")
}
