package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Chunk is a run of records that was handed out. Its bytes are the caller's.
type Chunk struct {
	Records []Record
	Damaged []Damage

	segment *segment
	end     int64
	number  uint32 // of the record behind it
	done    bool
}

// Damage is a stretch of a segment that is no frame.
type Damage struct {
	// Segment is the file's name, Offset where in it the stretch begins.
	Segment string
	Offset  int64
	// Raw are its bytes, as far as they can be read; Records how many records
	// were there, 0 if that is not known.
	Raw     []byte
	Records int
	Reason  string
}

// unreadable is how often a place is tried before it counts as damaged, and
// block how much of it then: a sector that the disk does not give back.
const (
	unreadable = 5
	block      = 4096
	readAhead  = 256 << 10
	// damagedPiece is the longest stretch that one Damage shows.
	damagedPiece = 1 << 20
)

// reader is how far the reading has come, in one segment.
type reader struct {
	s    *Spool
	g    *segment
	file vfs.File
	buf  []byte
	from int64 // where buf begins
	at   int64 // the next byte to be looked at
	end  int64 // how much of the segment may be read

	failed int // tries at one place
}

func (r *reader) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
	*r = reader{s: r.s}
}

// Read hands out the next records, at most so many and, but for the first, so
// many bytes of documents; nil if there are none. What it hands out is to be
// given to Done, in any order. After an error it is called again.
func (s *Spool) Read(records int, bytes int64) (*Chunk, error) {
	for {
		g, end := s.next()
		if g == nil {
			return nil, nil
		}
		c, err := s.reader.chunk(g, end, records, bytes)
		if err != nil {
			return nil, fmt.Errorf("spool %s: %w", s.path(segmentName(g.number)), err)
		}
		if s.handOut(g, c) {
			return c, nil
		}
	}
}

// next is the segment to be read, and how far.
func (s *Spool) next() (*segment, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		if g.read < g.size {
			return g, g.size
		}
	}
	return nil, 0
}

// handOut counts a chunk as handed out. One that holds nothing (a tail of zeros,
// which a crash leaves) is done with at once.
func (s *Spool) handOut(g *segment, c *Chunk) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.segment = g
	g.read, g.readNumber = c.end, c.number
	g.records = max(g.records, c.number)
	s.faults += int64(len(c.Damaged))
	g.out = append(g.out, c)
	if len(c.Records)+len(c.Damaged) > 0 {
		return true
	}
	g.settle(c)
	return false
}

// Done says that everything in the chunk is durable elsewhere.
func (s *Spool) Done(c *Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.segment.settle(c)
}

func (g *segment) settle(c *Chunk) {
	c.done = true
	for len(g.out) > 0 && g.out[0].done {
		g.acked, g.ackedTo = g.out[0].end, g.out[0].number
		g.out[0] = nil
		g.out = g.out[1:]
	}
}

// chunk reads records of one segment.
func (r *reader) chunk(g *segment, end int64, most int, size int64) (*Chunk, error) {
	if r.g != g {
		r.close()
		f, err := r.s.files.Open(r.s.path(segmentName(g.number)))
		if errors.Is(err, fs.ErrNotExist) {
			return g.missing(end), nil
		}
		if err != nil {
			return nil, err
		}
		r.g, r.file = g, f
	}
	r.at, r.end = g.read, end
	c := &Chunk{number: g.readNumber}
	for used := int64(0); len(c.Records) < most && r.at < r.end; {
		payload, number, whole, err := r.frame()
		if err == nil && !whole {
			err = r.damage(c)
		}
		switch {
		case err != nil && len(c.Records)+len(c.Damaged) > 0: // it is met again, by itself
			c.end = r.at
			return c, nil
		case err != nil:
			if err := r.unreadable(c, err); err != nil {
				return nil, err
			}
		case whole:
			if used += int64(len(payload)); used > size && len(c.Records) > 0 {
				c.end = r.at
				return c, nil
			}
			r.take(c, payload, number)
		}
	}
	c.end = r.at
	return c, nil
}

// missing is the rest of a segment that somebody has removed.
func (g *segment) missing(end int64) *Chunk {
	return &Chunk{end: end, number: g.records, Damaged: []Damage{{Segment: segmentName(g.number), Offset: g.read,
		Records: int(g.records - g.readNumber), Reason: "the file was removed from the spool before it was delivered"}}}
}

// unreadable passes over a block that the disk does not give back, once it has
// been tried often enough.
func (r *reader) unreadable(c *Chunk, err error) error {
	if r.failed++; r.failed < unreadable {
		return err
	}
	r.failed = 0
	c.Damaged = append(c.Damaged, Damage{Segment: segmentName(r.g.number), Offset: r.at, Reason: "the disk does not give it back: " + err.Error()})
	r.at = min(r.end, r.at/block*block+block)
	return nil
}

func (r *reader) take(c *Chunk, payload []byte, number uint32) {
	at := r.at
	r.at += int64(header + len(payload))
	c.number = number + 1
	rec, err := parse(bytes.Clone(payload))
	if err != nil {
		c.Damaged = append(c.Damaged, Damage{Segment: segmentName(r.g.number), Offset: at, Raw: bytes.Clone(payload), Records: 1, Reason: err.Error()})
		return
	}
	c.Records = append(c.Records, rec)
}

// frame reads the frame at r.at; whole says that it is one.
func (r *reader) frame() (payload []byte, number uint32, whole bool, err error) {
	b, err := r.see(header)
	if err != nil {
		return nil, 0, false, err
	}
	size, number, sum, ok := head(b)
	if !ok || r.at+int64(header+size) > r.end {
		return nil, 0, false, nil
	}
	if b, err = r.see(header + size); err != nil {
		return nil, 0, false, err
	}
	payload = b[header : header+size]
	return payload, number, checksum(r.g.number, r.at, number, payload) == sum, nil
}

// see returns n bytes from r.at on, or as many as there are.
func (r *reader) see(n int) ([]byte, error) {
	n = int(min(int64(n), r.end-r.at))
	if r.at >= r.from && r.at+int64(n) <= r.from+int64(len(r.buf)) {
		return r.buf[r.at-r.from:][:n], nil
	}
	want := int(min(int64(max(n, readAhead)), r.end-r.at))
	if cap(r.buf) < want || cap(r.buf) > 4<<20 && want <= readAhead {
		r.buf = make([]byte, want)
	}
	r.buf, r.from = r.buf[:want], r.at
	got, err := r.file.ReadAt(r.buf, r.at)
	if err != nil && !errors.Is(err, io.EOF) && want > n { // what is asked for may be there
		r.buf = r.buf[:n]
		got, err = r.file.ReadAt(r.buf, r.at)
	}
	if err != nil && !(errors.Is(err, io.EOF) && got > 0) {
		r.buf = r.buf[:0]
		return nil, err
	}
	r.buf = r.buf[:got]
	if got < n { // the file is shorter than it was
		r.end = r.at + int64(got)
		n = got
	}
	return r.buf[:n], nil
}

// damage passes over what is no frame, up to the next that is one.
func (r *reader) damage(c *Chunk) error {
	d := Damage{Segment: segmentName(r.g.number), Offset: r.at, Reason: "damaged in the spool: its checksum does not match"}
	err := r.resync(c, &d)
	if err == nil && r.at >= r.end {
		d.Reason = "damaged at the end of a segment: the process died while it was written, in which case its source sends it again, or the disk has damaged it"
	}
	if len(bytes.Trim(d.Raw, "\x00")) > 0 {
		c.Damaged = append(c.Damaged, d)
	}
	return err
}

func (r *reader) resync(c *Chunk, d *Damage) error {
	for r.at < r.end && len(d.Raw) < damagedPiece {
		b, err := r.see(header)
		if err != nil {
			return err
		}
		skip := 1
		if i := bytes.Index(r.rest(b)[1:], []byte(marker)); i >= 0 {
			skip += i
		} else if n := len(r.rest(b)); n > len(marker) {
			skip = n - len(marker) + 1 // the marker may lie across
		}
		d.Raw = append(d.Raw, r.rest(b)[:skip]...)
		r.at += int64(skip)
		_, number, whole, err := r.frame()
		if err != nil {
			return err
		}
		if whole {
			d.Records = max(0, int(number)-int(c.number))
			return nil
		}
	}
	return nil
}

// rest is what lies in memory from r.at on, of which b is the beginning.
func (r *reader) rest(b []byte) []byte {
	return r.buf[r.at-r.from : max(int64(len(b))+r.at-r.from, min(int64(len(r.buf)), r.end-r.from))]
}
