package console

import (
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// text prints lines for people. It remembers what it last said of the newest
// cases, so that a revision says what is new in it: a case may change without
// having matched once more, as when the overlap of two sessions becomes longer.
type text struct {
	color bool
	told  map[string]told
	order []string // the ids in told, oldest first
}

// told is what was said of a case. before is what was said before that: a line
// that could not be written is made once more.
type told struct {
	revision, count int64
	state, message  string
	before          *told
}

// mostTold bounds the cases that are remembered.
const mostTold = 1000

func (t *text) append(dst []byte, e *event.Event) []byte {
	s := summary.Of(e.Doc)
	dst = append(event.AppendTime(dst, either(s.Time, e.Created)), "  "...)
	if s.Kind != "alert" {
		return appendEvent(dst, &s)
	}
	before := t.remember(&s)
	dst = t.appendLevel(dst, s.Alert.Level)
	if s.Alert.Revision > 1 && s.Alert.State != "retracted" {
		return appendAgain(dst, &s, before)
	}
	return appendAlert(dst, &s)
}

func (t *text) appendLevel(dst []byte, level string) []byte {
	padded := termtext.Pad(upper(level), 14)
	if sgr := colors[level]; t.color && sgr != "" {
		padded = "\x1b[" + sgr + "m" + padded + "\x1b[0m"
	}
	return append(dst, padded...)
}

// remember notes what is about to be said, and returns what was said before; nil
// where that is not known.
func (t *text) remember(s *summary.Summary) *told {
	id := either(s.Alert.ID, s.Alert.ShortID)
	last, known := t.told[id]
	now := told{s.Alert.Revision, s.Alert.Count, s.Alert.State, s.Message, nil}
	switch {
	case known && last.revision == now.revision:
		return last.before
	case known:
		last.before = nil
		now.before = &last
	case len(t.order) == mostTold:
		delete(t.told, t.order[0])
		t.order = append(t.order[1:], id)
	default:
		t.order = append(t.order, id)
	}
	if t.told == nil {
		t.told = map[string]told{}
	}
	t.told[id] = now
	return now.before
}

// appendAgain says of a case that was printed before only what is new.
func appendAgain(dst []byte, s *summary.Summary, before *told) []byte {
	dst = append(dst, news(s, before)...)
	dst = append(append(dst, "  "...), termtext.Fit(either(s.Alert.ShortID, s.Alert.ID), 40)...)
	dst = fmt.Appendf(dst, " revision %d", s.Alert.Revision)
	if s.Alert.State != "" && s.Alert.State != "final" {
		dst = termtext.Append(append(dst, ' '), s.Alert.State)
	}
	message := s.Message
	if before != nil {
		message = difference(before.message, message)
	}
	return append(append(dst, "  "...), termtext.Fit(message, 80)...)
}

func news(s *summary.Summary, before *told) string {
	count := max(1, s.Alert.Count)
	switch {
	case before == nil || count < before.count:
		return fmt.Sprintf("now ×%d", count)
	case count > before.count:
		return fmt.Sprintf("again, now ×%d", count)
	case s.Message != before.message:
		return fmt.Sprintf("changed, ×%d", count)
	case s.Alert.State == "final" && before.state != "final":
		return fmt.Sprintf("now final, ×%d", count)
	}
	return fmt.Sprintf("more evidence, ×%d", count)
}

// difference is the part of a message from the word on with which it differs
// from another; all of it where it does not, or does so early enough to be seen.
func difference(before, now string) string {
	same := 0
	for same < len(now) && same < len(before) && now[same] == before[same] {
		same++
	}
	at := strings.LastIndexByte(now[:same], ' ') + 1
	if same == len(now) || at < 40 {
		return now
	}
	return "… " + now[at:]
}
