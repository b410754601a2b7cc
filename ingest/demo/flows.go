package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

type flowSeries struct {
	world *world
	work  *vpcflow.Work
	lines *vpcflow.Lines
}

func newFlowSeries(w *world) *flowSeries {
	work := vpcflow.NewWork(w.studio, w.format, w.seed, w.origin, w.begin)
	return &flowSeries{world: w, work: work, lines: work.Lines()}
}

func (f *flowSeries) dataset() string     { return Flows }
func (f *flowSeries) late() time.Duration { return 0 }

func (f *flowSeries) places() (all []place) {
	for _, v := range f.world.studio.VPCs {
		all = append(all, place{v.Account.ID, v.Region, v.Name})
	}
	return all
}

func (f *flowSeries) weight(n int, at time.Time) int64 {
	return f.work.Weight(f.world.studio.VPCs[n], at)
}

func (f *flowSeries) fill(n int, win window, size int64, sc *script, emit func(object) error) (int64, error) {
	v := f.world.studio.VPCs[n]
	f.lines.Reset()
	f.work.Fill(f.lines, v, win.From, win.To, size-int64(len(f.world.format.Header)))
	for _, row := range sc.dueFlows(v, win) {
		f.lines.Add(row)
	}
	files, written := 0, int64(0)
	err := f.lines.Files(largest, func(body []byte, rows int) error {
		files++
		written += int64(len(body))
		return emit(object{Flows, v.Account.ID, v.Region, vpcflow.Key(v, win.To, f.world.seed, files), body, rows})
	})
	return written, err
}
