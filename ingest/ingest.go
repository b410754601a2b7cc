// Package ingest is the first stage: it finds the bytes of logs and hands them
// on, together with the duty to say when they are safe.
//
// Each source is one folder beside this file. Sources know only internal/; the
// pipeline in cmd runs them, reads, decodes and parses the objects that they
// emit, and calls back when everything of an object is durable.
package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// ErrIdle is returned by an [Object]'s Body, with or instead of bytes, when all
// that there is now has been read but the object may still grow. The pipeline
// hands on what it has, then reads again; that read waits for more.
var ErrIdle = errors.New("nothing more to read now")

// Source finds logs.
type Source interface {
	// Run emits what it finds until ctx ends or, for a finite source, until
	// all is emitted; then it returns nil. It waits for no settlement: the
	// pipeline does. An error ends the source and is reported; the pipeline
	// starts it again after a pause, so a source keeps trying by itself only
	// where it can go on from where it stood.
	Run(ctx context.Context, out Emitter) error
}

// Emitter takes what a source finds.
type Emitter interface {
	// Object hands over one object. It blocks until a worker takes it: that is
	// the back-pressure. When it returns an error (ctx ended), the object was
	// not taken: its Body is still the source's to close, and Settled will not
	// be called. Progress and Settled of other objects are called while it
	// blocks, so the caller holds no lock that they take.
	Object(ctx context.Context, o *Object) error
	// Frontier says how far a log is complete.
	Frontier(f Frontier)
}

// Object is a run of bytes with one origin: a file, an S3 object, a stream that
// grows. One worker reads it from begin to end.
type Object struct {
	// Origin says where the bytes come from. It is not changed after emission.
	Origin *event.Origin
	// Body is the content as it lies there: compressed or not. The pipeline
	// closes it, on errors too. Text that may grow ends with [ErrIdle] instead
	// of io.EOF; a Read that waits for more takes no worker, and fails when
	// the ctx of Run has ended.
	Body io.ReadCloser
	// Messages takes the place of Body where the records are framed already.
	// Offsets of the object then count messages, and Messages begin at From.
	Messages Messages
	// Size is the length of Body in bytes, -1 if it is not known. Parquet needs
	// it, and a Body that is an io.ReaderAt.
	Size int64
	// Refused, where it is not empty, says why there is no log to read: a
	// notification that nobody understands, an object that is gone. Body is then
	// what there is instead, at most [MaxRefused] bytes, as they are; it goes to
	// quarantine with this reason, and the object is settled when it is there.
	Refused string
	// From is the uncompressed offset up to which everything was settled
	// before a restart, and Mark the parser's mark for it. Zero: begin.
	// If Seeked is set, Body begins at From already; otherwise the pipeline
	// reads and drops what lies before (compressed bodies cannot seek).
	From   int64
	Mark   []byte
	Seeked bool
	// Progress is called, in order and from one goroutine at a time, each time
	// everything before the uncompressed offset upto is durable at every sink
	// or in quarantine; mark is the parser's for that offset. What it is told
	// may be kept lazily (state.Store.Put): losing it costs reading again. One
	// goroutine tells a source everything, so a slow Progress holds up no other
	// source. May be nil.
	Progress func(upto int64, mark []byte)
	// Settled is called exactly once, after the last Progress: nil when every
	// record of the object is durable, else why it is not, which the pipeline
	// has reported. Then a source that can emits the object again after a
	// pause, from the last Progress; others find it again after a restart. May
	// be nil.
	Settled func(err error)
}

// MaxRefused bounds the Body of an object that is Refused: what a queue takes.
const MaxRefused = 1 << 20

// Messages are records that their transport has framed: events of log streams,
// messages of a queue, of a connection. Each has an origin of its own, so that
// its delivery id does not depend on what it was read together with, and its own
// dataset, unless the source declares one.
type Messages interface {
	// Next appends the next message to dst and says where it is from; the
	// origin's Message is set. io.EOF says that there are no more, [ErrIdle]
	// that there is none now: the call after that waits, as Body does. With an
	// error there is no message.
	Next(dst []byte) (text []byte, from *event.Origin, err error)
	// Close gives up what was not read. The pipeline calls it once, on errors too.
	Close() error
}

// Frontier says: of this log, of this account and region, everything up to
// Through has been emitted. Idle sources say it too; that is what tells silence
// from breakage.
type Frontier struct {
	Source, Dataset, Account, Region string
	// Through is in event time. Zero, with no names, says that everything that
	// there is now has been emitted, by a source that does not know the time of
	// what it emits: its logs are complete through the last event in them. With
	// a time but without a Dataset it holds for each dataset that the source
	// has brought, of that account and region, or of all where none is named.
	Through time.Time
	// Broken says why the log cannot be read (no permission, say), while the
	// source goes on with others; Through is zero then. It is said again as long
	// as it is so, and taken back by a frontier with Through. When it lasts,
	// rules do not wait for this log any more.
	Broken string
}
