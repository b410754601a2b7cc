package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/internal/event"
)

// judges lends judges to workers, and replaces them all when the rules change:
// a worker that has one finishes its batch with it.
type judges struct {
	mu     sync.Mutex
	make   func() Judge
	edited int // how often make was replaced
	free   []*lentJudge
	failed atomic.Int64
}

type lentJudge struct {
	Judge
	edition int
}

// get lends a judge; nil if nothing judges.
func (j *judges) get() *lentJudge {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.free); n > 0 {
		l := j.free[n-1]
		j.free = j.free[:n-1]
		return l
	}
	if j.make == nil {
		return nil
	}
	return &lentJudge{j.make(), j.edited}
}

func (j *judges) put(l *lentJudge) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if l.edition == j.edited {
		j.free = append(j.free, l)
	}
}

// replace makes every later get lend a judge of the new kind.
func (j *judges) replace(with func() Judge) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.make, j.free = with, nil
	j.edited++
}

// forget makes every later get lend a new judge: judges rest what they say on what
// they said before, and some of that was given up.
func (j *judges) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.free = nil
	j.edited++
}

// readers lends readers, whose parsers and decoders keep their memory, and what
// renders documents, which remembers what comes back in most of them.
type readers struct {
	options reader.Options
	mu      sync.Mutex
	free    []*tools
}

// tools are what one object is read with.
type tools struct {
	*reader.Reader
	fields  []event.Field
	scratch event.Scratch
}

func (r *readers) get() *tools {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		x := r.free[n-1]
		r.free = r.free[:n-1]
		return x
	}
	return &tools{Reader: reader.New(r.options)}
}

func (r *readers) put(x *tools) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, x)
}
