// Package reader turns one object that a source found into batches of events:
// it decodes (gzip, zstd, Parquet), tells the dataset, and runs the parser over
// windows of bounded size.
//
// It imports ingest, parsers and internal/. The pipeline runs one Reader in
// each worker; scan does the same without the pipeline's sinks.
package reader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/decode"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// DefaultWindow is the size of a batch's window: large enough that the piece of
// a record carried from one window to the next is little beside it, small
// enough that what the events point to is still in the processor's cache when
// the rules read it.
const DefaultWindow = 128 << 10

// Options are what a Reader is made with.
type Options struct {
	// Specs are the log families; of equal claims to an object the first wins.
	Specs []parsers.Spec
	// MaxRecord is the largest record in bytes.
	MaxRecord int
	// Now is the clock for event.created.
	Now func() time.Time
}

// Reader reads objects, one after the other. It is owned by one worker.
type Reader struct {
	o       Options
	decoder decode.Decoder
	parsers []parsers.Parser // by the index of Specs, made when first needed

	// Of the object being read:
	object *ingest.Object
	stream *decode.Stream
	family int // index of parser
	near   int // index of the parser of the last message
	parser parsers.Parser
	held   *event.Batch // the batch being filled, until it is handed on
	base   int64        // uncompressed offset of the first byte not consumed
	number int64        // records before the one that the parser calls 0
	last   int64        // number of the next record
	failed error        // why the rest of the object is no log of this kind
}

// New makes a Reader.
func New(o Options) *Reader {
	return &Reader{o: o, parsers: make([]parsers.Parser, len(o.Specs))}
}

// Read reads o from o.From to its end and closes its Body or Messages. It asks next for an
// empty batch, fills it and hands it to out, in order; from then on the batch
// is out's. A batch without events may be handed on to move End. Corrupt
// content is rejected into batches with its reason, never dropped; Read fails
// only where the object has to be read again: ctx ended, out failed, or Body
// failed with something other than its content being corrupt.
func (r *Reader) Read(ctx context.Context, o *ingest.Object, next func() *event.Batch, out func(*event.Batch) error) (err error) {
	defer func() {
		if r.held != nil { // not handed on: nothing of it was parsed for good
			r.held.Done(nil)
			r.held = nil
		}
		err = errors.Join(err, closeContent(o))
	}()
	b := r.begin(next(), o)
	if o.Refused != "" {
		return r.keep(b, out)
	}
	if o.Messages != nil {
		return r.messages(ctx, b, next, out)
	}
	if r.stream, err = r.decoder.Open(o.Body, o.Size); err != nil {
		return r.refuse(b, err, out)
	}
	defer r.stream.Close()
	if err := r.skipSettled(); err != nil {
		return r.finish(b, err, out)
	}
	for {
		end := r.fill(ctx, b)
		if end != nil && !errors.Is(end, ingest.ErrIdle) {
			return r.finish(b, end, out)
		}
		if end != nil && r.undecided(b.Buf) {
			continue
		}
		n, err := r.parse(b, false)
		if err != nil {
			return err
		}
		if n == 0 && end == nil {
			if err := r.grow(b); err != nil {
				return err
			}
			continue
		}
		if b, err = r.handOn(b, n, next, out); err != nil {
			return err
		}
	}
}

func (r *Reader) begin(b *event.Batch, o *ingest.Object) *event.Batch {
	r.object, r.parser, r.failed = o, nil, nil
	r.base, r.number, r.last = o.From, 0, 0
	return r.label(b)
}

// label says of an empty batch what it is of.
func (r *Reader) label(b *event.Batch) *event.Batch {
	r.held = b
	b.Origin, b.Created, b.Start, b.End = r.object.Origin, r.o.Now().UnixNano(), r.base, r.base
	return b
}

// skipSettled drops what was settled before a restart, where the body could not
// be opened behind it.
func (r *Reader) skipSettled() error {
	if r.object.Seeked || r.object.From == 0 {
		return nil
	}
	_, err := io.CopyN(io.Discard, r.stream, r.object.From)
	return err
}

// fill reads until the window is full. nil means that it is.
func (r *Reader) fill(ctx context.Context, b *event.Batch) error {
	for len(b.Buf) < cap(b.Buf) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.stream.Read(b.Buf[len(b.Buf):cap(b.Buf)])
		b.Buf = b.Buf[:len(b.Buf)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

// parse runs the parser over the window and numbers what it found.
func (r *Reader) parse(b *event.Batch, atEOF bool) (int, error) {
	if r.parser == nil && r.failed == nil {
		if err := r.choose(b.Buf); err != nil {
			return 0, err
		}
	}
	if r.failed != nil {
		return r.reject(b, b.Buf), nil
	}
	first := len(b.Events)
	b.Rows = r.stream.Rows()
	n, err := r.parser.Parse(b.Buf, r.base, atEOF, b)
	for i := first; i < len(b.Events); i++ {
		e := &b.Events[i]
		e.Number += r.number
		if r.stream.Rows() {
			e.Offset = e.Number
		}
		r.last = e.Number + 1
	}
	if err != nil {
		r.failed = err
		n += r.reject(b, b.Buf[n:])
	}
	return n, nil
}

// reject keeps a stretch of an object that is not what it was taken for.
func (r *Reader) reject(b *event.Batch, raw []byte) int {
	if len(raw) > 0 {
		b.Reject(event.Reject{Offset: r.base + int64(len(b.Buf)-len(raw)), Raw: raw, Reason: r.failed.Error()})
	}
	return len(raw)
}

// grow enlarges the window of a batch in which not even one record fits. The
// parser rejects what reaches MaxRecord, so that there is an end to it.
func (r *Reader) grow(b *event.Batch) error {
	if cap(b.Buf) >= 2*r.o.MaxRecord {
		return fmt.Errorf("%s: the parser takes nothing of a window of %d bytes at offset %d", r.object.Origin.Name, cap(b.Buf), r.base)
	}
	b.Buf = append(make([]byte, 0, 2*cap(b.Buf)), b.Buf...)
	return nil
}

// handOn gives the batch away and carries what the parser did not consume to
// the next one.
func (r *Reader) handOn(b *event.Batch, consumed int, next func() *event.Batch, out func(*event.Batch) error) (*event.Batch, error) {
	if consumed == 0 {
		return b, nil
	}
	rest := b.Buf[consumed:]
	r.seal(b, consumed)
	nb := r.label(next())
	if cap(nb.Buf) < 2*len(rest) {
		nb.Buf = make([]byte, 0, 2*len(rest))
	}
	nb.Buf = append(nb.Buf[:0], rest...)
	return nb, out(b)
}

// seal moves the reader behind the consumed bytes and says so in the batch.
func (r *Reader) seal(b *event.Batch, consumed int) {
	r.base += int64(consumed)
	b.End = r.base
	if r.parser != nil && r.failed == nil {
		b.Mark = r.mark()
	}
}

// finish hands on the last batch. end says why there is no more: io.EOF,
// corrupt content, or a failure after which the object is read again.
func (r *Reader) finish(b *event.Batch, end error, out func(*event.Batch) error) error {
	var corrupt *decode.CorruptError
	if end != nil && !errors.Is(end, io.EOF) && !errors.As(end, &corrupt) {
		return fmt.Errorf("read %s at %d: %w", r.object.Origin.Name, r.base+int64(len(b.Buf)), end)
	}
	n := 0
	if len(b.Buf) > 0 {
		var err error
		if n, err = r.parse(b, true); err != nil {
			return err
		}
	}
	if corrupt != nil {
		b.Reject(event.Reject{Offset: corrupt.Offset, Reason: corrupt.Reason})
	}
	r.seal(b, n)
	r.held = nil
	return out(b)
}

// Format is what the lines that come next are read by without their header; it
// may be asked for while a batch is taken.
func (r *Reader) Format() string {
	if r.parser == nil {
		return ""
	}
	return parsers.FormatOf(r.parser)
}

// keep rejects all of an object of which the source has said that it is no log.
// It is neither unpacked nor taken for a kind of log, whatever it begins with.
func (r *Reader) keep(b *event.Batch, out func(*event.Batch) error) error {
	raw, err := io.ReadAll(io.LimitReader(r.object.Body, ingest.MaxRefused))
	if err != nil {
		return fmt.Errorf("read %s: %w", r.object.Origin.Name, err)
	}
	b.Buf = append(b.Buf, raw...)
	b.Reject(event.Reject{Raw: b.Buf, Reason: r.object.Refused})
	r.seal(b, len(raw))
	r.held = nil
	return out(b)
}

// refuse rejects an object whose container cannot be opened at all.
func (r *Reader) refuse(b *event.Batch, err error, out func(*event.Batch) error) error {
	return r.finish(b, err, out)
}
