package main

import (
	"bufio"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// gunzip reads every .gz file under the paths and throws the content away: the
// yardstick. One reader and one buffer serve all files.
func gunzip(paths []string) error {
	var z gzip.Reader
	in := bufio.NewReaderSize(nil, 256<<10)
	buf := make([]byte, 256<<10)
	for _, p := range paths {
		if err := eachGzip(p, func(name string) error { return inflate(name, &z, in, buf) }); err != nil {
			return err
		}
	}
	return nil
}

func inflate(name string, z *gzip.Reader, in *bufio.Reader, buf []byte) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in.Reset(f)
	if err := z.Reset(in); err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{z}, buf)
	return err
}
