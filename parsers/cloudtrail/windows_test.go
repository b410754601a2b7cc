package cloudtrail_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
)

// smallRecord is a max_record that the pieces below exceed now and then.
const smallRecord = 700

// record is a CloudTrail record that can be told from all others.
func record(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"u%d"},"eventTime":"2026-11-06T09:37:05Z",`+
		`"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"key":"a]},{\"eventVersion\":\"1.08\"","n":[1,{"x":null}]},"eventID":"id-%d"}`, n, n)
}

// pieces are what a file can be made of; %d is a record of its own.
var pieces = []string{
	"%d\n", "%d\n%d\r\n", "%d", "%d,\n%d", `{"Records":[%d,%d]}`, `{"Records":[%d,%d]}` + "\n", ` { "x" : 1 , "Records" : [ %d , %d ] , "y" : {"z":[]} } `,
	`[%d,%d]`, `{"Records":[%d`, `]}`, `,`, "\ufeff", "\n\n", " ", `{"Records":[]}`,
	"garbage\n", "garbage", `{"eventVersion":"1.08","eventName":"Broken","x":[` + "\n", `{"eventVersion":"1.08","eventName":"Nul` + "\x00" + `"}`, "\x00\x00\x00\n",
	`{"valid":"but no record"}` + "\n", `"a string"`, `12345`, `null`, `[1,2,{"a":3}]`, "{\n  bad\n}\n", "{\n  \"bad\": tru\n}\n",
	`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":%d}` + "\n",
	`{"version":"0","detail-type":"Batch Job State Change","source":"aws.batch","detail":{"status":"FAILED"}}` + "\n",
	`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":%q},{"id":"2","message":"no json"},{"id":3}],"owner":"x"}`,
	`{"Events":[{"CloudTrailEvent":%q}]}`,
	`{"eventVersion":"1.08","eventName":"Large","eventID":"large","requestParameters":{"x":"` + strings.Repeat("y", smallRecord) + `"}}`,
	`{"eventVersion":"1.08","eventName":"Large","requestParameters":[` + strings.Repeat("[", smallRecord) + strings.Repeat("]", smallRecord) + `]}`,
	strings.Repeat(" ", smallRecord+100), `{"x":` + strings.Repeat(" ", smallRecord+100), strings.Repeat("z", smallRecord+100) + "\n", strings.Repeat("{", smallRecord+100),
	`{"awsAccountId":"111111111111","digestStartTime":"2026-11-06T09:00:00Z","digestEndTime":"2026-11-06T10:00:00Z","digestS3Object":"o","logFiles":[]}`,
	"\xff\xfe\n", `{"eventVersion":"1.08","eventName":"Utf8","eventID":"u","userAgent":"` + "\xff" + `"}` + "\n", `{"\u0065ventVersion":"1.08","event\u004eame":"Escaped","eventID":"e"}`,
}

// content is a file made of pieces, and the ids of the records in it.
func content(t *rapid.T) (out []byte, ids []string) {
	n := 0
	for range rapid.IntRange(1, 8).Draw(t, "pieces") {
		piece := rapid.SampledFrom(pieces).Draw(t, "piece")
		for {
			at := strings.Index(piece, "%d")
			if q := strings.Index(piece, "%q"); q >= 0 && (at < 0 || q < at) {
				at = q
			}
			if at < 0 {
				break
			}
			text := record(n)
			ids = append(ids, fmt.Sprintf("id-%d", n))
			if piece[at+1] == 'q' {
				text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `"`, `\"`)
				text = `"` + text + `"`
			}
			out = append(append(out, piece[:at]...), text...)
			piece = piece[at+2:]
			n++
		}
		out = append(out, piece...)
	}
	return out, ids
}

// reading is what came of a file: events and rejects in words.
type reading struct{ events, rejects []string }

func (r *reading) add(b *event.Batch) {
	for i := range b.Events {
		e := &b.Events[i]
		r.events = append(r.events, fmt.Sprintf("%s %d #%d %d %v %s", e.Schema.Dataset(), e.Offset, e.Number, e.Time, e.Damage != nil, e.Record))
	}
	for _, x := range b.Rejects {
		if x.Part > 1 {
			r.rejects[len(r.rejects)-1] += string(x.Raw)
			continue
		}
		r.rejects = append(r.rejects, fmt.Sprintf("%d %s: %s", x.Offset, x.Reason, x.Raw))
	}
}

// fatal is what tests of both kinds have.
type fatal interface{ Fatalf(string, ...any) }

// feed shows content in windows whose sizes size gives. Where restart says so,
// reading goes on with a new parser and the mark of the old one.
func feed(t fatal, content []byte, size func() int, restart func() bool) (r reading) {
	o := &event.Origin{Name: "a", Identity: []byte("a")}
	options := parsers.Options{MaxRecord: smallRecord}
	p := cloudtrail.Spec().New(options)
	p.Reset(o, nil)
	number := int64(0)
	var n, grown int
	for at := 0; at < len(content); at += n {
		end := min(len(content), at+grown+size())
		b := event.NewBatch(0, nil)
		b.Origin = o
		window := bytes.Clone(content[at:end])
		var err error
		if n, err = p.Parse(window, int64(at), end == len(content), b); err != nil {
			t.Fatalf("%v", err)
		}
		if n == 0 && end-at >= smallRecord || n > len(window) || end == len(content) && n < len(window) {
			t.Fatalf("consumed %d of %d bytes at %d of %d", n, len(window), at, len(content))
		}
		if grown = 0; n == 0 {
			grown = end - at
		}
		for i := range b.Events {
			b.Events[i].Number += number
		}
		r.add(b)
		if restart() {
			mark := bytes.Clone(p.Mark())
			if mark == nil {
				mark = []byte{}
			}
			number = int64(len(r.events))
			p = cloudtrail.Spec().New(options)
			p.Reset(o, mark)
		}
	}
	for i := range r.rejects {
		r.rejects[i] = strings.TrimRight(r.rejects[i], ", \r\n\t")
	}
	return r
}

func never() bool { return false }

// TestAnySplitIntoWindowsGivesTheSame is the contract of parsers.Parser, restarts included.
func TestAnySplitIntoWindowsGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, _ := content(t)
		whole := feed(t, text, func() int { return len(text) }, never)
		split := feed(t, text, func() int { return rapid.IntRange(1, 900).Draw(t, "window") }, func() bool { return rapid.IntRange(0, 9).Draw(t, "restart") == 0 })
		same(t, "events", split.events, whole.events)
		same(t, "rejects", split.rejects, whole.rejects)
	})
}

// TestEveryWindowSizeGivesTheSame tries all ends of windows on the contents in
// which one byte more or less decides.
func TestEveryWindowSizeGivesTheSame(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("z", smallRecord+100) + "\n" + `{"valid":"but no record"}` + "\n" + record(1) + "\n",
		strings.Repeat("z", smallRecord+100) + `{"Records":[` + record(1) + `]}`,
		`[` + strings.Repeat("z", smallRecord+100) + "\n" + `{"valid":"but no record"},` + record(1) + `]`,
		"\ufeff" + record(1) + "\ufeff" + record(2) + "12345 " + "\ufe00",
		`{"Records":[{"eventVersion":"1.08","eventName":"Broken",` + record(1) + `]}{"Records":[` + record(2) + `]}`,
	} {
		whole := feed(t, []byte(text), func() int { return len(text) }, never)
		for size := 1; size <= len(text); size++ {
			split := feed(t, []byte(text), func() int { return size }, never)
			same(t, "events", split.events, whole.events)
			same(t, "rejects", split.rejects, whole.rejects)
		}
	}
}

func same(t fatal, what string, got, want []string) {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s differ from %d on:\ngot  %.2000q\nwant %.2000q", what, i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

// TestNoRecordIsLost: each record that was put into a file is an event or lies in quarantine.
func TestNoRecordIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, ids := content(t)
		r := feed(t, text, func() int { return rapid.IntRange(1, 3000).Draw(t, "window") }, never)
		all := strings.Join(r.events, "\n") + strings.Join(r.rejects, "\n")
		for _, id := range ids {
			if n := strings.Count(all, id+`"`) + strings.Count(all, id+`\"`); n == 0 {
				t.Fatalf("%s is lost of %q\nevents %q\nrejects %q", id, text, r.events, r.rejects)
			}
		}
	})
}
