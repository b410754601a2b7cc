package console

import (
	"bytes"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// appendJSON prints the document. On a terminal what it could obey is escaped,
// in a way that leaves the JSON's meaning as it is.
func appendJSON(terminal bool) func(dst []byte, e *event.Event) []byte {
	if terminal {
		return func(dst []byte, e *event.Event) []byte { return termtext.AppendJSON(dst, e.Doc) }
	}
	return func(dst []byte, e *event.Event) []byte {
		at := len(dst)
		dst = append(dst, e.Doc...)
		// A raw line end can only stand between tokens, where a space means the same.
		for doc := dst[at:]; ; {
			i := bytes.IndexByte(doc, '\n')
			if i < 0 {
				return dst
			}
			doc[i] = ' '
			doc = doc[i+1:]
		}
	}
}

// colors are the SGR codes of each level.
var colors = map[string]string{"critical": "1;31", "high": "31", "medium": "33", "low": "36"}

func appendAlert(dst []byte, s *summary.Summary) []byte {
	for i, c := range s.Alert.Controls {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = termtext.Append(dst, c)
	}
	dst = append(append(dst, "  "...), termtext.Fit(s.Message, 160)...)
	dst = field(dst, "who", either(s.Alert.Subject, s.User))
	dst = field(dst, "from", s.SourceIP)
	dst = field(dst, "account", s.Account)
	dst = field(dst, "region", s.Region)
	dst = field(dst, "production", s.Production)
	dst = strconv.AppendInt(append(dst, "  ×"...), max(1, s.Alert.Count), 10)
	dst = append(append(dst, "  "...), termtext.Fit(either(s.Alert.ShortID, s.Alert.ID), 40)...)
	if s.Alert.Revision > 1 {
		dst = strconv.AppendInt(append(dst, " revision "...), s.Alert.Revision, 10)
	}
	if s.Alert.State != "" && s.Alert.State != "final" {
		dst = termtext.Append(append(dst, ' '), s.Alert.State)
	}
	return dst
}

func appendEvent(dst []byte, s *summary.Summary) []byte {
	dst = append(dst, termtext.Pad(s.Dataset, 16)...)
	dst = append(append(dst, ' '), termtext.Fit(either(s.Action, s.Message, "(no action)"), 80)...)
	if s.Outcome != "" {
		dst = termtext.Append(append(dst, ' '), s.Outcome)
	}
	if s.ErrorCode != "" {
		dst = append(append(dst, ' '), termtext.Fit(s.ErrorCode, 60)...)
	}
	dst = field(dst, "who", s.User)
	dst = field(dst, "from", s.SourceIP)
	dst = field(dst, "to", s.DestinationIP)
	dst = field(dst, "account", s.Account)
	dst = field(dst, "region", s.Region)
	return field(dst, "production", s.Production)
}

func field(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(dst, "  "...), name...)
	return append(append(dst, '='), termtext.Fit(value, 80)...)
}

// either is the first value that is not the zero one.
func either[T comparable](values ...T) (v T) {
	for _, v = range values {
		if v != *new(T) {
			return v
		}
	}
	return *new(T)
}

func upper(level string) string {
	if level == "" {
		return "ALERT"
	}
	return string(bytes.ToUpper([]byte(level)))
}
