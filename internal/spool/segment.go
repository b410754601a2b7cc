package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// segment is one file of the queue.
type segment struct {
	number uint64
	// size is how much of it may be read: what is synced, or what an earlier
	// process left. disk is what it takes on disk.
	size, disk int64
	records    uint32 // in size
	first      int64  // Since of the first; 0 if not known
	read       int64  // handed out up to here
	readNumber uint32 // and so many
	acked      int64  // done with, up to here
	ackedTo    uint32 // and so many
	noted      int64  // what the .ack says
	place      int    // in the .ack, of the next entry
	out        []*Chunk
	closed     bool // it is not written any more
}

func (g *segment) done() bool { return g.acked >= g.size }

func segmentName(n uint64) string { return fmt.Sprintf("spool-%08d.seg", n) }
func ackName(n uint64) string     { return fmt.Sprintf("spool-%08d.ack", n) }

func numberOf(name, ending string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, "spool-")
	digits, ok2 := strings.CutSuffix(digits, ending)
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ok && ok2 && err == nil
}

// list finds the segments of a folder, oldest first, and .ack files that have
// outlived theirs. A folder that is not there is empty.
func list(files vfs.FS, dir string) (numbers []uint64, orphans []string, err error) {
	names, err := files.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, name := range names {
		if n, ok := numberOf(name, ".seg"); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, name := range names {
		if n, ok := numberOf(name, ".ack"); ok && !slices.Contains(numbers, n) {
			orphans = append(orphans, name)
		}
	}
	return numbers, orphans, nil
}

// load reads what there is to know of a segment that an earlier process left.
func (s *Spool) load(number uint64) (*segment, error) {
	f, err := s.files.Open(s.path(segmentName(number)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	g := &segment{number: number, size: info.Size(), disk: info.Size(), closed: true}
	g.count(f)
	var b [header + 64]byte
	if n, _ := f.ReadAt(b[:], 0); n == len(b) {
		if _, _, _, ok := head(b[:]); ok {
			g.first = int64(binary.LittleEndian.Uint64(b[header+1+16+16:]))
		}
	}
	g.acked, g.ackedTo, g.place = s.loadAck(number)
	if g.acked > g.size { // the .ack was synced, and the segment's end was not
		g.acked = g.size
	}
	g.records = max(g.records, g.ackedTo)
	g.read, g.readNumber, g.noted = g.acked, g.ackedTo, g.acked
	return g, nil
}

// count finds the last whole frame, whose number tells how many there are. Where
// the disk does not give it back, it is not known.
func (g *segment) count(f io.ReaderAt) {
	for span := int64(64 << 10); ; span *= 4 {
		from := max(0, g.size-span)
		b := make([]byte, g.size-from)
		if n, err := f.ReadAt(b, from); err != nil && !(errors.Is(err, io.EOF) && n == len(b)) {
			return
		}
		for at := bytes.LastIndex(b, []byte(marker)); at >= 0; at = bytes.LastIndex(b[:at], []byte(marker)) {
			size, number, sum, ok := head(b[at:])
			if !ok || at+header+size > len(b) {
				continue
			}
			if checksum(g.number, from+int64(at), number, b[at+header:at+header+size]) == sum {
				g.records = number + 1
				return
			}
		}
		if from == 0 || span > 2*MaxRecord {
			return
		}
	}
}

// An .ack file has two places for an entry, which are written in turn: the offset
// up to which, and how many records, are done with; and a checksum. Of those
// that are whole the one that is further counts.
const ackSize = 8 + 4 + 4

func appendAck(dst []byte, upto int64, records uint32) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(upto))
	dst = binary.LittleEndian.AppendUint32(dst, records)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// loadAck reads how far a segment is done with, and which place is to be written
// next. One whose .ack cannot be read is delivered again.
func (s *Spool) loadAck(number uint64) (upto int64, records uint32, next int) {
	f, err := s.files.Open(s.path(ackName(number)))
	if err != nil {
		return 0, 0, 0
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, 2*ackSize)
	n, _ := f.ReadAt(b, 0)
	for i := 0; (i+1)*ackSize <= n; i++ {
		e := b[i*ackSize : (i+1)*ackSize]
		at := int64(binary.LittleEndian.Uint64(e))
		if binary.LittleEndian.Uint32(e[12:]) == crc32.Checksum(e[:12], castagnoli) && at > upto {
			upto, records, next = at, binary.LittleEndian.Uint32(e[8:]), 1-i
		}
	}
	return upto, records, next
}
