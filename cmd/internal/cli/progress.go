package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/scan"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// progressBar draws one line on a terminal, from the first second on, and
// removes it at the end.
func progressBar(w io.Writer) func(scan.Progress) {
	started, drawn := time.Now(), false
	return func(p scan.Progress) {
		if p.FilesDone == p.Files {
			if drawn {
				fmt.Fprint(w, "\r\x1b[K")
			}
			return
		}
		if time.Since(started) < time.Second {
			return
		}
		drawn = true
		const width = 24
		done := width
		if p.Bytes > 0 {
			done = int(min(p.BytesDone*width/p.Bytes, width))
		}
		name := p.Current[strings.LastIndexByte(p.Current, '/')+1:]
		fmt.Fprintf(w, "\r\x1b[K%s%s  %d/%d files  %s  %d records  %d alerts  %s",
			strings.Repeat("█", done), strings.Repeat("░", width-done), p.FilesDone, p.Files,
			plugin.Size(p.BytesDone), p.Records, p.Alerts, termtext.Fit(termtext.Escape(name), 30))
	}
}
