package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// The lateness of records on S3: most within six minutes, some up to the
// quarter of an hour that AWS allows itself.
const (
	usuallyLate = 6 * time.Minute
	mostlyLate  = 15 * time.Minute
	every       = 5 * time.Minute
)

// Write writes the studio's logs below dir as its log bucket would hold them,
// and studio.yaml beside. The same options give the same bytes. It refuses a
// folder that holds logs already, so that two runs are never mixed.
func Write(dir string, opts WriteOptions) (Summary, error) {
	sizes, err := opts.resolve()
	if err != nil {
		return Summary{}, fmt.Errorf("write demo logs: %w", err)
	}
	f, err := newFolder(dir, opts.Plain)
	if err != nil {
		return Summary{}, fmt.Errorf("write demo logs: %w", err)
	}
	st := studio.New()
	sum, err := produce(st, opts, sizes, f.put)
	if err == nil {
		err = f.describe(st, opts.Start)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("write demo logs to %s: %w", dir, err)
	}
	return sum, nil
}

// writer goes through the days.
type writer struct {
	// put takes an object, not keeping its body, and says what it became in bytes.
	put     func(object) (int64, error)
	opts    WriteOptions
	sizes   []int64
	series  []series
	quotas  [][]quota
	debts   []int64
	summary Summary
}

// produce makes all objects of the options. sizes are by series.
func produce(st *studio.Studio, opts WriteOptions, sizes []int64, put func(object) (int64, error)) (Summary, error) {
	start, end := opts.Start, opts.Start.AddDate(0, 0, opts.Days)
	world := &world{studio: st, seed: opts.Seed, origin: start, begin: start, ends: end, format: vpcflow.Default(), sessions: opts.Sessions}
	if opts.FlowVersion == 5 {
		world.format = vpcflow.Extended()
	}
	w := &writer{put: put, opts: opts, sizes: sizes, series: newSeries(world), debts: make([]int64, len(sizes))}
	w.summary = Summary{From: start, To: end, Datasets: make([]DatasetSummary, len(sizes))}
	w.share(start, end)
	sc := newScript(world)
	if opts.Quiet {
		w.summary.Story = sc.playQuiet(start, opts.Days)
	} else {
		w.summary.Story = sc.play(world.story(), 0, func(_ int, b *Beat) time.Time { return start.Add(b.At) })
	}
	for from := start; from.Before(end); from = from.Add(every) {
		win := window{From: from, To: from.Add(every), Usual: usuallyLate, Most: mostlyLate}
		if err := w.window(win, sc); err != nil {
			return Summary{}, err
		}
	}
	return w.summary, nil
}

// share divides each series' size over its places by their weight in the whole time.
func (w *writer) share(start, end time.Time) {
	for i, s := range w.series {
		weights, sum := make([]int64, len(s.places())), int64(0)
		for from := start; from.Before(end); from = from.Add(every) {
			for n := range weights {
				weight := s.weight(n, from)
				weights[n] += weight
				sum += weight
			}
		}
		quotas := make([]quota, len(weights))
		whole := quota{size: w.sizes[i], total: sum}
		for n, weight := range weights {
			size := whole.next(weight, new(int64))
			whole.give(size, new(int64))
			quotas[n] = quota{size: size, total: weight}
		}
		w.quotas = append(w.quotas, quotas)
		w.summary.Datasets[i].Dataset = s.dataset()
	}
}

func (w *writer) window(win window, sc *script) error {
	for i, s := range w.series {
		for n := range s.places() {
			q := &w.quotas[i][n]
			size, err := s.fill(n, win, q.next(s.weight(n, win.From), &w.debts[i]), sc, func(o object) error { return w.take(o) })
			if err != nil {
				return err
			}
			q.give(size, &w.debts[i])
		}
	}
	if w.opts.Progress == nil {
		return nil
	}
	done, total := int64(0), int64(0)
	for i, d := range w.summary.Datasets {
		done, total = done+d.Bytes, total+w.sizes[i]
	}
	return w.opts.Progress(done, max(done, total))
}

func (w *writer) take(o object) error {
	written, err := w.put(o)
	d := &w.summary.Datasets[slices.IndexFunc(w.summary.Datasets, func(d DatasetSummary) bool { return d.Dataset == o.dataset })]
	d.Files++
	d.Records += o.records
	d.Bytes += int64(len(o.body))
	d.Written += written
	return err
}
