package s3

import (
	"context"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/burstwatch/burstwatch/ingest/awskey"
	"github.com/burstwatch/burstwatch/internal/aws"
)

// list calls fn for each object of the bucket that is in the range of the
// options, in the order of keys, from behind the key after.
func (s *source) list(ctx context.Context, after string, fn func(types.Object) error) error {
	for _, prefix := range s.options.prefixes() {
		if after > prefix && !strings.HasPrefix(after, prefix) {
			continue // all of it lies before
		}
		if err := s.listPrefix(ctx, prefix, after, fn); err != nil {
			return err
		}
	}
	return nil
}

// listPrefix asks from where it stands each time, not by a continuation token:
// so it can leap over the days that are out of range.
func (s *source) listPrefix(ctx context.Context, prefix, at string, fn func(types.Object) error) error {
	for {
		in := &sdk.ListObjectsV2Input{Bucket: &s.options.Bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
		if at != "" {
			in.StartAfter = &at
		}
		page, err := s.s3.ListObjectsV2(ctx, in)
		if err != nil {
			return aws.Explain(err)
		}
		before := at
		for _, o := range page.Contents {
			key := decoded(text(o.Key), page.EncodingType)
			if key <= at {
				continue // leapt over
			}
			o.Key = &key
			var wanted bool
			if at, wanted = s.options.next(key, &o); wanted {
				if err := fn(o); err != nil {
					return err
				}
			}
		}
		if page.IsTruncated == nil || !*page.IsTruncated || at == before {
			return nil
		}
	}
}

// decoded is a key as it is. Without the encoding, a key with a character that
// XML cannot hold would make the whole page unreadable.
func decoded(key string, e types.EncodingType) string {
	if e != types.EncodingTypeUrl {
		return key
	}
	if plain, err := url.QueryUnescape(key); err == nil {
		return plain
	}
	return key
}

// next is where listing goes on behind a key, and whether its object is wanted.
func (o *Options) next(key string, of *types.Object) (at string, wanted bool) {
	k := awskey.Parse(key)
	day := k.Day
	if day.IsZero() && of.LastModified != nil {
		day = of.LastModified.UTC()
	}
	early := !o.From.IsZero() && day.Before(o.From.Time)
	late := !o.To.IsZero() && !day.Before(o.To.Time)
	switch leap := k.Days.Parent != "" && !k.Day.IsZero(); {
	case early && leap:
		return max(key, k.Days.Before(o.From.Time)), false
	case late && leap:
		return max(key, k.Days.After()), false
	}
	return key, !early && !late && !o.excluded(key)
}
