package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Summary says what [Write] wrote.
type Summary struct {
	// Datasets are CloudTrail, flow logs and, if asked for, sessions.
	Datasets []DatasetSummary
	// From and To bound the times of the records.
	From, To time.Time
	// Story is what was played, in order of time.
	Story []Played
}

// DatasetSummary is one dataset's share.
type DatasetSummary struct {
	Dataset        string
	Files, Records int
	// Bytes are uncompressed, headers included; Written is what lies on disk.
	Bytes, Written int64
}

// String is a line for each dataset, for a person.
func (s Summary) String() string {
	var b strings.Builder
	for _, d := range s.Datasets {
		fmt.Fprintf(&b, "%s: %d files, %d records, %s, %s on disk\n", d.Dataset, d.Files, d.Records, plugin.Size(d.Bytes), plugin.Size(d.Written))
	}
	missed := 0
	for _, p := range s.Story {
		if p.Beat.NearMiss {
			missed++
		}
	}
	fmt.Fprintf(&b, "%s to %s, with a story of %d violations and %d near misses", s.From.Format(time.DateTime), s.To.Format(time.DateTime), len(s.Story)-missed, missed)
	return b.String()
}
