package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// show is one run of the source.
type show struct {
	source *source
	out    ingest.Emitter
	series []series
	script *script
	gzip   *gzip.Writer
	// carry is what each place got too little, by series and place.
	carry [][]int64
}

func (s *show) run(ctx context.Context, story []Beat, start time.Time) error {
	chapters := int(history / chapter)
	for n := range chapters {
		from := start.Add(-history + time.Duration(n)*chapter)
		if err := s.at(ctx, start.Add(time.Duration(n)*pace), from, from.Add(chapter), pace); err != nil {
			return err
		}
	}
	from, again := start, start.Add(time.Duration(chapters)*pace+encore)
	for run := 0; ; {
		to := from.Add(beat)
		if from.Equal(start) { // what happened while the history was told
			to = start.Add(time.Duration(chapters) * pace)
		}
		if !to.Before(again) {
			b := story[run%len(story) : run%len(story)+1]
			run++
			s.script.play(b, run, func(int, *Beat) time.Time { return again })
			again = again.Add(encore)
		}
		if err := s.at(ctx, to, from, to, beat); err != nil {
			return err
		}
		from = to
	}
}

// at waits until a time and then emits what is delivered in [from, to): as much
// as is due for a length of real time.
func (s *show) at(ctx context.Context, when, from, to time.Time, lasts time.Duration) error {
	if err := s.sleep(ctx, when); err != nil {
		return err
	}
	win := window{From: from, To: to, Usual: liveUsually, Most: liveMostly}
	for i, one := range s.series {
		size := int64(lasts/time.Second) * int64(s.source.options.EventsPerSecond) * shares[i]
		if err := s.deliver(ctx, i, one, win, size); err != nil {
			return err
		}
	}
	s.source.env.Log.LogAttrs(ctx, slog.LevelDebug, "the studio delivered logs", slog.Time("through", to))
	return nil
}

// shares are the bytes that each series gets of an event: a third of the events
// are CloudTrail records of 1,500 bytes, the rest rows of 113. Sessions are as many
// as are opened.
var shares = []int64{500, 75, 0}

func (s *show) sleep(ctx context.Context, until time.Time) error {
	wait := until.Sub(s.source.env.Now())
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// deliver emits a window of one series, and how far each of its logs is complete.
func (s *show) deliver(ctx context.Context, i int, one series, win window, size int64) error {
	places := one.places()
	if s.carry[i] == nil {
		s.carry[i] = make([]int64, len(places))
	}
	total := int64(0)
	for n := range places {
		total += one.weight(n, win.From)
	}
	for n, p := range places {
		share := size*one.weight(n, win.From)/total + s.carry[i][n]
		given, err := one.fill(n, win, share, s.script, func(o object) error { return s.emit(ctx, o) })
		if err != nil {
			return err
		}
		s.carry[i][n] = min(share-given, size)
		s.out.Frontier(ingest.Frontier{
			Source: s.source.env.Name, Dataset: one.dataset(), Account: p.Account, Region: p.Region, Through: win.To.Add(-liveMostly - time.Second - one.late()),
		})
	}
	return nil
}

// Bucket is the made-up bucket in which the studio's logs lie.
const Bucket = "studio-logs"

func (s *show) emit(ctx context.Context, o object) error {
	body := bytes.Clone(o.body)
	if strings.HasSuffix(o.key, ".gz") {
		var err error
		if body, err = compress(s.gzip, o.body); err != nil {
			return fmt.Errorf("compress %s: %w", o.key, err)
		}
	}
	name := "s3://" + Bucket + "/" + o.key
	return s.out.Object(ctx, &ingest.Object{
		Origin: &event.Origin{
			Source: s.source.env.Name, Name: name, Identity: []byte(name), Dataset: o.dataset, Account: o.account, Region: o.region,
		},
		Body: io.NopCloser(bytes.NewReader(body)), Size: int64(len(body)),
	})
}
