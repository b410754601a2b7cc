package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// folder is where files go. Its files are for their owner alone, as logs are.
type folder struct {
	dir   string
	plain bool
	gzip  *gzip.Writer
	made  map[string]bool
}

func newFolder(dir string, plain bool) (*folder, error) {
	if err := refuseMixed(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	return &folder{dir: dir, plain: plain, gzip: gzip.NewWriter(io.Discard), made: map[string]bool{}}, nil
}

// refuseMixed is an error if dir holds logs or a studio already.
func refuseMixed(dir string) error {
	for _, name := range []string{"AWSLogs", "studio.yaml"} {
		switch _, err := os.Stat(filepath.Join(dir, name)); {
		case err == nil:
			return fmt.Errorf("%s already holds %s: remove it or choose another folder", dir, name)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// put writes one object and returns what it takes on disk.
func (f *folder) put(o object) (int64, error) {
	body, name := o.body, filepath.Join(f.dir, filepath.FromSlash(o.key))
	if f.plain || !strings.HasSuffix(name, ".gz") {
		name = strings.TrimSuffix(name, ".gz")
	} else {
		var err error
		if body, err = compress(f.gzip, o.body); err != nil {
			return 0, err
		}
	}
	if parent := filepath.Dir(name); !f.made[parent] {
		if err := os.MkdirAll(parent, 0o750); err != nil {
			return 0, err
		}
		f.made[parent] = true
	}
	return int64(len(body)), os.WriteFile(name, body, 0o600)
}

// compress makes one gzip member without name or time.
func compress(with *gzip.Writer, body []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(body)/5 + 64)
	with.Reset(&out)
	with.ModTime = time.Unix(0, 0) // the header's "none"; the zero time would say 2042
	if _, err := with.Write(body); err != nil {
		return nil, err
	}
	if err := with.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// describe writes studio.yaml.
func (f *folder) describe(st *studio.Studio, start time.Time) error {
	var out bytes.Buffer
	at := func(hours, minutes int) time.Time {
		return start.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	}
	if err := st.WriteYAML(&out, studio.Calendar{Start: start, RecoveryFrom: at(11, 30), RecoveryTo: at(12, 30)}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.dir, "studio.yaml"), out.Bytes(), 0o600)
}
