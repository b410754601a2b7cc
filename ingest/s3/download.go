package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// objects is what the source calls of S3.
type objects interface {
	GetObject(context.Context, *sdk.GetObjectInput, ...func(*sdk.Options)) (*sdk.GetObjectOutput, error)
	ListObjectsV2(context.Context, *sdk.ListObjectsV2Input, ...func(*sdk.Options)) (*sdk.ListObjectsV2Output, error)
}

// download is the body of an object. One goroutine fetches it ahead of whoever
// reads; Read and ReadAt are called by one reader.
type download struct {
	ref
	etag    string
	size    int64 // -1 if S3 did not say
	client  objects
	ctx     context.Context
	cancel  context.CancelFunc
	shared  *chunks
	own     chan *chunk   // the download's own chunk, while nobody holds it
	ready   chan *chunk   // what was fetched
	ended   chan struct{} // the fetching goroutine has returned
	folder  string        // where tables are kept while they are read
	resumed func(error)   // told of each time that a body broke off

	// Of the fetching goroutine; err is read once ready is closed.
	stream io.ReadCloser
	at     int64
	err    error

	// Of the reader.
	cur    *chunk
	read   int   // bytes of cur
	before int64 // bytes in chunks before cur
	table  *os.File
}

// open begins to download an object. ctx ends the download.
func (s *source) open(ctx context.Context, r ref) (*download, error) {
	d := &download{
		ref: r, client: s.s3, shared: s.chunks, own: make(chan *chunk, 1), ended: make(chan struct{}),
		ready: make(chan *chunk, cap(s.chunks.free)+1), folder: s.env.DataDir, resumed: s.resumed,
	}
	d.ctx, d.cancel = context.WithCancel(ctx)
	out, err := d.get("")
	if err != nil {
		d.cancel()
		return nil, err
	}
	d.stream, d.size = out.Body, -1
	if out.ContentLength != nil {
		d.size = *out.ContentLength
	}
	d.etag = text(out.ETag)
	d.own <- d.shared.own(d.firstSize())
	go d.fetch()
	return d, nil
}

// firstSize is enough for a small object, and for seeing that it has ended.
func (d *download) firstSize() int64 {
	if d.size < 0 {
		return chunkSize
	}
	return min(d.size+1, chunkSize)
}

// get asks for the object, or for a range of the same one. S3's checksum is asked
// for and compared but where the content brings its own: gzip's checksum and length
// are over all of it, are compared while it is unpacked, and a second sum of a
// thousand small objects is a tenth of what it takes to get them.
func (d *download) get(span string) (*sdk.GetObjectOutput, error) {
	in := &sdk.GetObjectInput{Bucket: &d.bucket, Key: &d.key}
	if !strings.HasSuffix(d.key, ".gz") {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	if d.version != "" {
		in.VersionId = &d.version
	}
	if span != "" {
		in.Range = &span
		if d.etag != "" {
			in.IfMatch = &d.etag
		}
	}
	out, err := d.client.GetObject(d.ctx, in)
	if err != nil {
		return nil, aws.Explain(err)
	}
	return out, nil
}

// fetch fills chunks until the object's end.
func (d *download) fetch() {
	defer close(d.ended)
	defer close(d.ready)
	defer func() { _ = d.stream.Close() }()
	for d.err == nil {
		var c *chunk
		select {
		case c = <-d.own:
		case c = <-d.shared.free:
		case <-d.ctx.Done():
			d.err = d.ctx.Err()
			return
		}
		if c.buf == nil {
			c.buf = make([]byte, chunkSize)
		}
		if c.n, d.err = d.fill(c.buf); c.n > 0 {
			d.ready <- c
		} else {
			d.back(c)
		}
	}
}

// back gives a chunk to where it came from.
func (d *download) back(c *chunk) {
	if c.own {
		d.own <- c
	} else {
		d.shared.free <- c
	}
}

// fill reads until the chunk is full. Beside io.EOF, which says that all of the
// object was read, an error says why it cannot be.
func (d *download) fill(c []byte) (n int, err error) {
	for tries := 0; n < len(c); {
		var k int
		k, err = d.stream.Read(c[n:])
		if k > 0 {
			tries = 0
		}
		n, d.at = n+k, d.at+int64(k)
		switch {
		case err == nil:
			continue
		case d.size >= 0 && d.at > d.size:
			return n, fmt.Errorf("%s: %d bytes came of an object of %d", d.ref, d.at, d.size)
		case err == io.EOF && (d.at == d.size || d.size < 0):
			return n, io.EOF
		case d.at == d.size: // all came, and it is not what its checksum says
			return n, fmt.Errorf("%s: %w", d.ref, err)
		}
		if err = d.resume(&tries, err); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Read returns what was fetched. It fails with what broke the download for good.
func (d *download) Read(p []byte) (int, error) {
	if d.cur == nil || d.read == d.cur.n {
		if d.cur != nil {
			d.before += int64(d.cur.n)
			d.back(d.cur)
		}
		d.read = 0
		if d.cur = <-d.ready; d.cur == nil {
			return 0, d.err
		}
	}
	n := copy(p, d.cur.buf[d.read:d.cur.n])
	d.read += n
	return n, nil
}

// Close ends the download and gives its memory back.
func (d *download) Close() error {
	d.cancel()
	for c := range d.ready {
		d.back(c)
	}
	if d.cur != nil {
		d.back(d.cur)
		d.cur = nil
	}
	<-d.ended
	select {
	case c := <-d.own:
		d.shared.ended(c)
	default: // closed before
	}
	if d.table == nil {
		return nil
	}
	return d.table.Close()
}

// failed is what broke the download, nil if nothing did but that it was closed.
func (d *download) failed() error {
	<-d.ended
	if d.err == io.EOF || errors.Is(d.err, context.Canceled) {
		return nil
	}
	return d.err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
