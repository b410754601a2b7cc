package state

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// fatal is what the store panics with when it can promise nothing any more: a
// log or manifest that could not be written, for another reason than a full
// disk. The process ends; nothing was acknowledged that is not durable, and a
// restart goes on from what is.
type fatal string

// logger hands Pebble's messages to slog.
type logger struct{ log *slog.Logger }

func (l logger) Infof(format string, args ...any) {
	l.log.Debug("state store", "message", fmt.Sprintf(format, args...))
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("state store", "message", fmt.Sprintf(format, args...))
}

// Fatalf must not return: Pebble would go on as if the write had succeeded.
func (l logger) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.log.Error("the state store cannot go on", "message", text)
	panic(fatal("state store: " + text))
}

// listener reports what a person should know of; the rest is left out, it
// costs a line for every flush.
func listener(log *slog.Logger) *pebble.EventListener {
	l := &pebble.EventListener{
		BackgroundError: func(err error) { log.Error("state store: background work failed, it is tried again", "error", err) },
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			log.Error("state store: damaged file", "path", i.Path, "error", i.Details)
		},
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) { log.Warn("state store: writes wait", "reason", i.Reason) },
		WriteStallEnd:   func() { log.Info("state store: writes go on") },
	}
	return l
}
