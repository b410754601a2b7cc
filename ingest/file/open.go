package file

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// Open opens a file to be read once from begin to end. source is the name that
// its records carry. They have the ids that the file source would give them.
func Open(path, source string) (*ingest.Object, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	o, err := opened(f, path, source)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return o, nil
}

func opened(f *os.File, path, source string) (*ingest.Object, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a regular file but %s", kindOf(info.Mode()))
	}
	looker, _ := lookers.Get().(*looker)
	defer lookers.Put(looker)
	l, err := looker.at(f, info.Size())
	if err != nil {
		return nil, err
	}
	return &ingest.Object{Origin: origin(path, source, fingerprintOf(l.head).identity()), Body: f, Size: info.Size()}, nil
}

// lookers saves making one for each file: that takes longer than reading a
// small one.
var lookers = sync.Pool{New: func() any { return new(looker) }}

// Stdin is standard input as an object, which ends where the input ends. A file
// that the shell has opened is read as one; otherwise it waits for the first
// bytes, which its records' ids are made of.
func Stdin(r io.Reader, source string) *ingest.Object {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			if o, err := opened(f, "-", source); err == nil {
				o.Body = noClose{f}
				return o
			}
		}
	}
	head := make([]byte, printSize)
	n, err := r.Read(head)
	body := io.MultiReader(bytes.NewReader(head[:n]), r)
	if err != nil {
		body = io.MultiReader(bytes.NewReader(head[:n]), failed{err})
	}
	return &ingest.Object{Origin: inputOrigin(head[:n], source), Body: io.NopCloser(body), Size: -1}
}

// failed is a reader that has failed already, or ended.
type failed struct{ err error }

// Read fails.
func (f failed) Read([]byte) (int, error) { return 0, f.err }

func inputOrigin(head []byte, source string) *event.Origin {
	return &event.Origin{Source: source, Name: "-", Identity: fingerprintOf(head).identity()}
}
