package reader_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// mail is messages as a transport frames them; one that is "-" says that there
// are none now.
type mail struct {
	texts  []string
	sent   int
	end    error // io.EOF where it is nil
	closed int
}

func (m *mail) Next(dst []byte) ([]byte, *event.Origin, error) {
	if m.sent == len(m.texts) {
		if m.end != nil {
			return dst, nil, m.end
		}
		return dst, nil, io.EOF
	}
	m.sent++
	text := m.texts[m.sent-1]
	if text == "-" {
		return dst, nil, ingest.ErrIdle
	}
	id := fmt.Sprint("m", m.sent)
	return append(dst, text...), &event.Origin{Name: id, Identity: []byte(id), Message: &event.Message{ID: id}}, nil
}

func (m *mail) Close() error { m.closed++; return nil }

// refusing is a family that takes nothing of what begins with its letter.
func refusing() parsers.Spec {
	return parsers.Spec{
		Name: "refusing",
		Detect: func(_ string, head []byte) int {
			if bytes.HasPrefix(head, []byte("?")) {
				return 3
			}
			return 0
		},
		New: func(parsers.Options) parsers.Parser { return refuser{} },
	}
}

type refuser struct{}

func (refuser) Reset(*event.Origin, []byte) {}
func (refuser) Mark() []byte                { return nil }
func (refuser) Parse([]byte, int64, bool, *event.Batch) (int, error) {
	return 1, errors.New("not of this family")
}

// readMail reads messages into batches of the given size, whose memory is
// overwritten once they were handed on.
func readMail(m *mail, window int) (events, rejects []string, ends []int64, err error) {
	r := reader.New(reader.Options{Specs: []parsers.Spec{refusing(), spec()}, MaxRecord: 1 << 20, Now: time.Now})
	var spare *event.Batch
	next := func() *event.Batch {
		if b := spare; b != nil {
			spare = nil
			b.Reuse(nil)
			return b
		}
		b := event.NewBatch(window, nil)
		b.Poison()
		return b
	}
	o := &ingest.Object{Origin: &event.Origin{Name: "page"}, Messages: m, Size: -1}
	err = r.Read(context.Background(), o, next, func(b *event.Batch) error {
		for _, e := range b.Events {
			events = append(events, fmt.Sprintf("%s %d@%d:%s", e.Origin.Name, e.Number, e.Offset, e.Record))
		}
		for i := range b.Rejects {
			r := &b.Rejects[i]
			rejects = append(rejects, fmt.Sprintf("%s@%d:%s %s", b.OriginOf(r).Name, r.Offset, r.Raw, r.Reason))
		}
		if b.Origin != o.Origin {
			return errors.New("the batch's origin is not the object's")
		}
		ends, spare = append(ends, b.End), b
		return nil
	})
	return events, rejects, ends, err
}

// plainMail is what becomes of messages, said another way.
func plainMail(texts []string) (events, rejects []string) {
	for i, text := range texts {
		from := fmt.Sprint("m", i+1)
		if strings.HasPrefix(text, "?") {
			rejects = append(rejects, fmt.Sprintf("%s@1:%s not of this family", from, text[1:]))
			continue
		}
		offset, number := 0, 0
		for line := range strings.SplitSeq(text, "\n") {
			switch {
			case text == "-" || line == "" && offset == len(text):
			case line == "bad":
				rejects = append(rejects, fmt.Sprintf("%s@%d:bad bad", from, offset))
			default:
				events = append(events, fmt.Sprintf("%s %d@%d:%s", from, number, offset, line))
				number++
			}
			offset += len(line) + 1
		}
	}
	return events, rejects
}

func TestEachMessageIsReadByItselfWhateverItIsReadWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"a", "two\nlines", "bad", "?what", "a longer message of some length", "-", "x\nbad\ny"})
		m := &mail{texts: rapid.SliceOfN(text, 0, 40).Draw(t, "messages")}
		events, rejects, ends, err := readMail(m, rapid.IntRange(1, 80).Draw(t, "window"))
		if err != nil {
			t.Fatal(err)
		}
		wantEvents, wantRejects := plainMail(m.texts)
		if !slices.Equal(events, wantEvents) || !slices.Equal(rejects, wantRejects) {
			t.Fatalf("of %q\ngot  %q %q\nwant %q %q", m.texts, events, rejects, wantEvents, wantRejects)
		}
		said := 0
		for _, text := range m.texts {
			if text != "-" {
				said++
			}
		}
		if !slices.IsSorted(ends) || ends[len(ends)-1] != int64(said) || m.closed != 1 {
			t.Fatalf("batches end at %v of %d messages; closed %d times", ends, said, m.closed)
		}
	})
}

func TestMessagesAreHandedOnWhenThereAreNoMoreNow(t *testing.T) {
	_, _, ends, err := readMail(&mail{texts: []string{"a", "b", "-", "-", "c"}}, 1<<10)
	if err != nil || fmt.Sprint(ends) != "[2 3]" {
		t.Error(ends, err)
	}
}

func TestMessagesThatFailAreReadAgainNotQuarantined(t *testing.T) {
	broken := errors.New("connection reset")
	m := &mail{texts: []string{"a"}, end: broken}
	_, rejects, _, err := readMail(m, 1<<10)
	if !errors.Is(err, broken) || len(rejects) > 0 || m.closed != 1 {
		t.Error(err, rejects, m.closed)
	}
}
