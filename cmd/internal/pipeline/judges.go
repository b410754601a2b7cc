package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
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

// readers lends readers, whose parsers and decoders keep their memory.
type readers struct {
	options reader.Options
	mu      sync.Mutex
	free    []*reader.Reader
}

func (r *readers) get() *reader.Reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		x := r.free[n-1]
		r.free = r.free[:n-1]
		return x
	}
	return reader.New(r.options)
}

func (r *readers) put(x *reader.Reader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, x)
}
