package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// prepare makes what is measured: 300 MB of CloudTrail and 150 MB of flow logs
// in files as S3 would hold them, and one single file of all the CloudTrail.
func (b *bench) prepare() error {
	done := filepath.Join(b.data, "complete")
	if _, err := os.Stat(done); err != nil {
		if err := os.RemoveAll(b.data); err != nil {
			return err
		}
		make := exec.CommandContext(context.Background(), b.binary, "demo", "--write", b.data, "--size", "450MB", "--seed", "42", "--sessions=false")
		make.Stderr = os.Stderr
		if err := make.Run(); err != nil {
			return fmt.Errorf("make the data: %w", err)
		}
		if err := b.joinFiles(); err != nil {
			return err
		}
		if err := os.WriteFile(done, nil, 0o600); err != nil {
			return err
		}
	}
	b.out = filepath.Join(b.data, "out.ndjson")
	b.trail = filepath.Join(b.data, "AWSLogs", "o-example")
	b.big, b.empty = filepath.Join(b.data, "big"), filepath.Join(b.data, "empty.json")
	return b.find()
}

// find sorts the folders of the data by dataset.
func (b *bench) find() error {
	accounts, err := filepath.Glob(filepath.Join(b.data, "AWSLogs", "[0-9]*"))
	b.flowFolders = accounts
	if err == nil && len(accounts) == 0 {
		err = fmt.Errorf("%s holds no flow logs", b.data)
	}
	return err
}

// joinFiles writes every CloudTrail file's content as one gzip file of one
// member: "whatever the size of a file".
func (b *bench) joinFiles() error {
	folder := filepath.Join(b.data, "big")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, "one_CloudTrail_file.json.gz"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z := gzip.NewWriter(f)
	err = filepath.WalkDir(filepath.Join(b.data, "AWSLogs"), func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(name, "_CloudTrail_") || !strings.HasSuffix(name, ".gz") {
			return err
		}
		return appendPlain(z, name)
	})
	if err != nil {
		return err
	}
	return z.Close()
}

func appendPlain(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, z); err != nil {
		return err
	}
	_, err = w.Write([]byte("\n"))
	return err
}
