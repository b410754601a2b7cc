package vpcflow

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Lines gathers the rows of one VPC and window. It is reused: Reset empties it
// and keeps its memory.
type Lines struct {
	format *Format
	body   []byte
	rows   int
}

// Lines makes an empty one in the work's format.
func (w *Work) Lines() *Lines { return &Lines{format: w.format} }

// Reset empties it.
func (l *Lines) Reset() { l.body, l.rows = l.body[:0], 0 }

// Len is the number of rows.
func (l *Lines) Len() int { return l.rows }

// Size is the bytes of the rows.
func (l *Lines) Size() int64 { return int64(len(l.body)) }

// Add writes a row and returns its length in bytes.
func (l *Lines) Add(f *Flow) int64 {
	before := len(l.body)
	l.body = l.format.Append(l.body, f)
	l.rows++
	return int64(len(l.body) - before)
}

// Files cuts the rows into files of about most bytes, each with its header, and
// hands each to emit, which must not keep body. Without rows it makes none.
func (l *Lines) Files(most int, emit func(body []byte, rows int) error) error {
	var body []byte
	for rest := l.body; len(rest) > 0; {
		end := len(rest)
		if end > most {
			end = bytes.IndexByte(rest[most:], '\n') + most + 1
		}
		body = append(append(body[:0], l.format.Header...), rest[:end]...)
		if err := emit(body, bytes.Count(rest[:end], []byte{'\n'})); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

// Key is the S3 key of a file of v that was delivered at a time. n counts the
// files of one VPC and window.
func Key(v *studio.VPC, at time.Time, seed uint64, n int) string {
	hash := dice.New(seed, "flow file", v.Name, at.Format(time.RFC3339), strconv.Itoa(n)).Hex(8)
	return fmt.Sprintf("AWSLogs/%s/vpcflowlogs/%s/%s/%s_vpcflowlogs_%s_%s_%sZ_%s.log.gz", v.Account.ID, v.Region,
		at.Format("2006/01/02"), v.Account.ID, v.Region, v.FlowLog, at.Format("20060102T1504"), hash)
}
