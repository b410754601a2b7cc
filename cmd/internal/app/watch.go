package app

import (
	"os"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
)

// watch notices changes of the files that say what is known of the studio. It
// asks for time and size, because that serves every file system and every way
// to replace a file, and no more than ten seconds are lost.
type watch struct {
	files []string
	taken map[string]stamp // as they were when they were last read
	seen  map[string]stamp // as they were at the last look
}

type stamp struct {
	modified time.Time
	size     int64
	there    bool
}

func newWatch(c *config.Config) *watch {
	w := &watch{taken: map[string]stamp{}, seen: map[string]stamp{}}
	for _, f := range slices.Concat([]string{c.Studio}, c.GeoIP.City, c.GeoIP.ASN) {
		if f != "" {
			w.files = append(w.files, f)
			w.taken[f] = look(f)
			w.seen[f] = w.taken[f]
		}
	}
	return w
}

func look(file string) stamp {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size(), true}
}

// changed names the files that are not what was read, once for each change, and
// only when none of them has changed since the look before: a file that is
// being written is left to be finished.
func (w *watch) changed() (changed []string) {
	still := true
	for _, f := range w.files {
		now := look(f)
		if now != w.seen[f] {
			w.seen[f], still = now, false
		}
		if now != w.taken[f] {
			changed = append(changed, f)
		}
	}
	if !still {
		return nil
	}
	for _, f := range changed {
		w.taken[f] = w.seen[f]
	}
	return changed
}
