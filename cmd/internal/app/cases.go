package app

import (
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/window"
)

// newJudge is a worker of the engine for the rules that it has now.
func (a *App) newJudge() pipeline.Judge { return judge{a.cases.Worker()} }

// judge is a worker of the engine as the pipeline knows it.
type judge struct{ *window.Worker }

// Batch is pipeline.Judge's.
func (j judge) Batch(b *event.Batch) pipeline.Found {
	if f := j.Worker.Batch(b); f != nil {
		return f
	}
	return nil // not a nil *window.Found, which would not be a nil Found
}

// cases are the engine as the pipeline knows it.
type cases struct{ *window.Engine }

// Commit is pipeline.Cases'.
func (c cases) Commit(found []pipeline.Found, frontiers []window.Frontier) error {
	list := make([]*window.Found, len(found))
	for i, f := range found {
		list[i], _ = f.(*window.Found)
	}
	return c.Engine.Commit(list, frontiers)
}
