package elasticsearch

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// body is the compressed body of one bulk request. net/http may read it after
// the request has returned, so its memory goes back to the pool when net/http
// has closed it, and not before.
type body struct {
	buf  bytes.Buffer
	zip  *gzip.Writer
	line []byte
}

func newBody(level int) *body {
	b := &body{}
	b.zip, _ = gzip.NewWriterLevel(&b.buf, level) // the level was validated
	return b
}

// start empties the body.
func (b *body) start() {
	b.buf.Reset()
	b.zip.Reset(&b.buf)
}

// add appends one operation. Writing into memory cannot fail.
func (b *body) add(it *item) {
	line := b.line[:0]
	if it.version == 0 {
		line = append(append(line, `{"create":{"_index":"`...), it.index...)
		line = hex.AppendEncode(append(line, `","_id":"`...), it.id[:])
		line = append(line, "\"}}\n"...)
	} else {
		line = append(append(line, `{"index":{"_index":"`...), it.index...)
		line = append(append(line, `","_id":"`...), it.alert...)
		line = append(line, `","version_type":"external","version":`...)
		line = append(strconv.AppendInt(line, it.version, 10), "}}\n"...)
	}
	b.line = line
	b.zip.Write(line)      //nolint:errcheck // into memory
	b.zip.Write(it.doc)    //nolint:errcheck // into memory
	b.zip.Write(endOfLine) //nolint:errcheck // into memory
}

var endOfLine = []byte("\n")

// end finishes the compressed stream.
func (b *body) end() { b.zip.Close() } //nolint:errcheck // into memory

// reading is a body on its way to the cluster.
type reading struct {
	*bytes.Reader
	body   *body
	back   *sync.Pool
	closed atomic.Bool
}

func (b *body) read(back *sync.Pool) *reading {
	return &reading{Reader: bytes.NewReader(b.buf.Bytes()), body: b, back: back}
}

// Close implements io.Closer: whoever read the body has finished. net/http may
// close a body more than once.
func (r *reading) Close() error {
	if !r.closed.Swap(true) {
		r.back.Put(r.body)
	}
	return nil
}
