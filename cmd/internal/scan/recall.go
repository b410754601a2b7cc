package scan

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
)

// recall reads the events that the cases of --show rest on and that no match has
// shown while the files were read: what a correlation or detector rests on is
// known at the end only. The files that its evidence names are read once more.
func (s *scan) recall(ctx context.Context) error {
	wanted, places := s.evidence()
	if len(wanted) == 0 {
		return nil
	}
	w := newWorker(s, 0)
	for i, f := range s.files {
		if !places[f.Path] || f.Path == "-" {
			continue
		}
		o, err := s.open(i)
		if err != nil {
			s.skip(f.Path, err)
			continue
		}
		o.Origin.Dataset, o.Origin.Format = s.o.Dataset, s.o.Format
		err = w.reader.Read(ctx, o, w.next, func(b *event.Batch) error {
			for k := range b.Events {
				w.recognise(&b.Events[k], wanted)
			}
			return nil
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.skip(f.Path, err)
		}
	}
	return nil
}

// recognise shows an event if it is wanted.
func (w *worker) recognise(ev *event.Event, wanted map[event.ID]bool) {
	w.scratch.Reset()
	if wanted[ev.Schema.ID(ev, &w.scratch)] {
		w.show(ev)
	}
}

// evidence are the delivery ids that the cases of --show name and that were not
// shown, and the files in which they lie.
func (s *scan) evidence() (wanted map[event.ID]bool, places map[string]bool) {
	wanted, places = map[event.ID]bool{}, map[string]bool{}
	for _, g := range s.groups.all {
		if !s.wants(g.ID) {
			continue
		}
		for _, e := range gjson.Parse(field(g.Sample, event.KeyStudioAlertEvidence)).Array() {
			var id event.ID
			if n, err := hex.Decode(id[:], []byte(e.Get("delivery_id").String())); err != nil || n != len(id) {
				continue
			}
			if _, shown := s.shown[id]; !shown {
				wanted[id], places[e.Get("object").String()] = true, true
			}
		}
	}
	return wanted, places
}

// unshown says which events of a case are not printed, "" if all are.
func (s *scan) unshown(found []*Group) string {
	wanted, places := s.evidence()
	var matches int64
	for _, g := range found {
		matches += g.Count
	}
	switch {
	case len(wanted) > 0 && places["-"]:
		return fmt.Sprintf("%s came by standard input, which cannot be read twice: give a file", count(len(wanted), "event"))
	case len(wanted) > 0:
		return fmt.Sprintf("%s could not be read again", count(len(wanted), "event"))
	case matches > int64(len(s.shown)) && len(s.shown) >= maxShown:
		return fmt.Sprintf("the first %s events are shown", thousands(maxShown))
	}
	return ""
}
