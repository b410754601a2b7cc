package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/file"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/spool"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/internal/summary"
)

// Replay is what is carried instead of what the configured sources find, once,
// through the same rules to the same sinks, under the same delivery ids.
type Replay struct {
	// Quarantine is what is there when the App is made. A record that fails again
	// is in quarantine again.
	Quarantine bool
	// Paths are files and folders, read as the file source reads them.
	Paths   []string
	Dataset string
}

// Replayed is what became of a replay.
type Replayed struct {
	// Read are the records that were read again, Sent those that go again to the
	// one sink that had refused them. Left stay where they are: their sink is not
	// configured any more, or they could not be carried to an end.
	Read, Sent, Left int
}

// replay is one at work.
type replay struct {
	Replay
	dir    string // of the quarantine
	groups map[string][]again
	kept   *state.Store // positions in Paths, for as long as it takes
	result Replayed

	mu   sync.Mutex
	done []quarantine.Place
}

// again is a record of the quarantine, its parts put together.
type again struct {
	quarantine.Record
	places []quarantine.Place
}

// prepare reads the quarantine and puts what sinks had refused into their
// spools, from which they get it first of all. Only when the spool has synced it
// is it removed. The App holds the state store, so that nobody else writes.
func (a *App) prepare(c *config.Config) error {
	r := a.replay
	r.dir, r.groups = a.o.FS.PathJoin(c.DataDir, "quarantine"), map[string][]again{}
	if !r.Quarantine {
		return nil
	}
	refused := map[string][]again{}
	var open again // a record in parts
	_, err := quarantine.Walk(a.o.FS, r.dir, func(p quarantine.Place, rec quarantine.Record) error {
		switch {
		case len(rec.Raw) == 0, rec.Sink != "" && rec.ID == "": // nothing to send: a damaged archive or spool
			r.result.Left++
			return nil
		case rec.Sink != "":
			refused[rec.Sink] = append(refused[rec.Sink], again{rec, []quarantine.Place{p}})
		case open.follows(rec):
			open.Raw, open.places = append(open.Raw, rec.Raw...), append(open.places, p)
		default:
			open = again{rec, []quarantine.Place{p}}
			open.Raw = bytes.Clone(rec.Raw)
		}
		if rec.Sink == "" && !rec.More {
			r.groups[open.Source] = append(r.groups[open.Source], open)
			open = again{}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range c.SinkList {
		if err := a.sendAgain(c, s.Name, refused[s.Name]); err != nil {
			return err
		}
		delete(refused, s.Name)
	}
	for sink, list := range refused {
		r.result.Left += len(list)
		a.o.Log.Warn("records stay in quarantine: the sink that refused them is not configured any more", "sink", sink, "records", len(list))
	}
	return nil
}

// follows reports whether rec is the next part of the record.
func (x *again) follows(rec quarantine.Record) bool {
	return len(x.places) > 0 && rec.Part > 1 && bytes.Equal(x.Identity, rec.Identity) && x.Offset+int64(len(x.Raw)) == rec.Offset
}

// spooledAtOnce is how many documents go to a spool in one write.
const spooledAtOnce = 500

func (a *App) sendAgain(c *config.Config, sink string, list []again) error {
	if len(list) == 0 {
		return nil
	}
	store, err := spool.Open(a.o.FS, a.o.FS.PathJoin(c.DataDir, "spool", sink), 1<<62)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // what counts was synced by Write
	for part := range slices.Chunk(list, spooledAtOnce) {
		var records [][]byte
		var places []quarantine.Place
		for i := range part {
			rec := spooled(&part[i].Record)
			records, places = append(records, rec.Append(nil)), append(places, part[i].places...)
		}
		if err := store.Write(records, a.o.Now().UnixNano()); err != nil {
			return err
		}
		a.replay.done = append(a.replay.done, places...)
		a.replay.result.Sent += len(part)
	}
	return nil
}

// spooled is a refused document as it was handed to its sink.
func spooled(r *quarantine.Record) spool.Record {
	out := spool.Record{Since: r.Time.UnixNano(), Created: r.Time.UnixNano(), Offset: r.Offset, Dataset: r.Dataset,
		Source: r.Source, Origin: r.Origin, Identity: r.Identity, Doc: r.Raw}
	if id, err := hex.DecodeString(r.ID); err == nil && len(id) == len(out.ID) {
		out.ID = event.ID(id)
	}
	out.Time = summary.Of(r.Raw).Time
	return out
}

// sources are those of the replay. Records keep the name of the source that
// brought them.
func (a *App) replaySources() ([]pipeline.NamedSource, error) {
	var out []pipeline.NamedSource
	for _, name := range slices.Sorted(maps.Keys(a.replay.groups)) {
		list := a.replay.groups[name]
		if name == "" {
			name = "quarantine"
		}
		out = append(out, pipeline.NamedSource{Name: name, Source: &replaySource{a.replay, a.formatOf(name), list}})
	}
	if len(a.replay.Paths) == 0 {
		return out, nil
	}
	kept, err := state.Open(vfs.NewMem(), "replay", a.o.Log) // what was read before is read again
	if err != nil {
		return nil, err
	}
	spec := file.Spec()
	o, _ := spec.Options().(*file.Options)
	o.Paths, o.Dataset, o.Follow = a.replay.Paths, a.replay.Dataset, false
	env := a.env(a.config, "sources", "replay")
	env.State = kept
	s, err := spec.New(env, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("replay: %w", err), kept.Close())
	}
	a.replay.kept = kept
	return append(out, pipeline.NamedSource{Name: "replay", Source: s}), nil
}

// replaySource emits records of the quarantine, each as an object of its own that
// begins where the record stood.
type replaySource struct {
	r      *replay
	format string // as the source is configured now
	list   []again
}

// formatOf is the format that a source is configured with: what had no header then
// may have one now.
func (a *App) formatOf(source string) string {
	for _, s := range a.config.SourceList {
		if o, ok := s.Options.(interface{ LineFormat() string }); ok && s.Name == source {
			return o.LineFormat()
		}
	}
	return ""
}

// Run implements ingest.Source.
func (s *replaySource) Run(ctx context.Context, out ingest.Emitter) error {
	for i := range s.list {
		x := &s.list[i]
		o := &ingest.Object{
			Origin: &event.Origin{Source: x.Source, Name: x.Origin, Identity: x.Identity, Dataset: x.Dataset, Format: cmp.Or(x.Format, s.format)},
			Body:   io.NopCloser(bytes.NewReader(x.Raw)), Size: int64(len(x.Raw)), From: x.Offset, Seeked: true,
			Settled: func(err error) { s.r.settled(x, err) },
		}
		if err := out.Object(ctx, o); err != nil {
			return nil // ctx ended: the rest stays
		}
	}
	s.list = nil // it may be started again
	return nil
}

func (r *replay) settled(x *again, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.result.Left++
		return
	}
	r.result.Read++
	r.done = append(r.done, x.places...)
}

// finish removes what is durable elsewhere.
func (a *App) finishReplay() error {
	a.replay.mu.Lock()
	defer a.replay.mu.Unlock()
	err := quarantine.Remove(a.o.FS, a.replay.dir, a.replay.done)
	if a.replay.kept != nil {
		err = errors.Join(err, a.replay.kept.Close())
	}
	return err
}

// Replayed is what became of the replay, once Run has returned.
func (a *App) Replayed() Replayed {
	a.replay.mu.Lock()
	defer a.replay.mu.Unlock()
	return a.replay.result
}

// Requarantined is how many records are in quarantine since the start.
func (a *App) Requarantined() int64 { return a.pipeline.Status().Quarantine.Records }
