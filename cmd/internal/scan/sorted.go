package scan

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// sortMemory is how many bytes of lines are sorted in memory; more are spilled
// to a temporary file in sorted runs and merged at the end, so that any number
// of alerts comes out in event-time order within a fixed memory.
const sortMemory = 8 << 20

// sorter orders lines by (time, id). It is not safe for concurrent use.
type sorter struct {
	lines []sortLine
	bytes int
	file  *os.File
	runs  []int64 // where each run ends
}

type sortLine struct {
	time int64
	id   string
	text []byte
}

func (a sortLine) compare(b sortLine) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id), bytes.Compare(a.text, b.text))
}

// add takes a line without its end; text is kept.
func (s *sorter) add(time int64, id string, text []byte) error {
	s.lines = append(s.lines, sortLine{time, id, text})
	s.bytes += len(text) + 64
	if s.bytes < sortMemory {
		return nil
	}
	return s.spill()
}

// sort keeps an event until all are read. Events of one time stand by file and
// record.
func (w *worker) sort(ev *event.Event) error {
	w.out, w.fields = event.AppendEvent(w.out[:0], ev, w.fields, &w.scratch)
	text := bytes.Clone(w.out)
	w.out = w.out[:0]
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.sorted.add(ev.Time, fmt.Sprintf("%s\x00%020d\x00%020d", ev.Origin.Name, ev.Number, ev.Offset), text)
}

func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "burstwatch-sort-*")
		if err != nil {
			return fmt.Errorf("make a temporary file to sort in: %w", err)
		}
		_ = os.Remove(f.Name()) // it lives on until it is closed
		s.file = f
	}
	slices.SortFunc(s.lines, sortLine.compare)
	w := bufio.NewWriterSize(s.file, 64<<10)
	var buf []byte
	for _, l := range s.lines {
		buf = binary.AppendVarint(buf[:0], l.time)
		buf = append(binary.AppendUvarint(buf, uint64(len(l.id))), l.id...)
		buf = append(binary.AppendUvarint(buf, uint64(len(l.text))), l.text...)
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	end, err := s.file.Seek(0, io.SeekCurrent)
	s.runs = append(s.runs, end)
	s.lines, s.bytes = nil, 0
	return err
}

// write writes all lines in order, each with a line end, and forgets them. Of
// lines with equal time and id one is written.
func (s *sorter) write(w io.Writer) error {
	slices.SortFunc(s.lines, sortLine.compare)
	out := bufio.NewWriterSize(w, 64<<10)
	defer s.close()
	merged := s.open()
	var last sortLine
	for merged.Len() > 0 {
		r := merged.runs[0]
		if r.line.id != last.id || r.line.time != last.time {
			if _, err := out.Write(append(r.line.text, '\n')); err != nil {
				return err
			}
		}
		last = r.line
		switch err := r.next(); {
		case errors.Is(err, io.EOF):
			heap.Pop(merged)
		case err != nil:
			return fmt.Errorf("sort: %w", err)
		default:
			heap.Fix(merged, 0)
		}
	}
	return out.Flush()
}

func (s *sorter) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
	*s = sorter{}
}

func (s *sorter) open() *runHeap {
	h := &runHeap{}
	start := int64(0)
	for _, end := range s.runs {
		h.runs = append(h.runs, &run{r: bufio.NewReader(io.NewSectionReader(s.file, start, end-start))})
		start = end
	}
	h.runs = append(h.runs, &run{rest: s.lines})
	h.runs = slices.DeleteFunc(h.runs, func(r *run) bool { return r.next() != nil })
	heap.Init(h)
	return h
}

// run is one sorted run: of the file, or what is still in memory.
type run struct {
	r    *bufio.Reader
	rest []sortLine
	line sortLine
}

func (r *run) next() error {
	if r.r == nil {
		if len(r.rest) == 0 {
			return io.EOF
		}
		r.line, r.rest = r.rest[0], r.rest[1:]
		return nil
	}
	t, err := binary.ReadVarint(r.r)
	if err != nil {
		return err
	}
	id, err := r.chunk()
	if err != nil {
		return err
	}
	text, err := r.chunk()
	r.line = sortLine{t, string(id), text}
	return err
}

func (r *run) chunk() ([]byte, error) {
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n, n+1)
	_, err = io.ReadFull(r.r, b)
	return b, err
}

// runHeap has the run with the smallest line first.
type runHeap struct{ runs []*run }

func (h *runHeap) Len() int           { return len(h.runs) }
func (h *runHeap) Less(i, j int) bool { return h.runs[i].line.compare(h.runs[j].line) < 0 }
func (h *runHeap) Swap(i, j int)      { h.runs[i], h.runs[j] = h.runs[j], h.runs[i] }
func (h *runHeap) Push(any)           { panic("runs are only ever removed") }
func (h *runHeap) Pop() any {
	last := h.runs[len(h.runs)-1]
	h.runs = h.runs[:len(h.runs)-1]
	return last
}
