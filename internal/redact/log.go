package redact

import (
	"context"
	"fmt"
	"log/slog"
)

// Log returns a handler that takes the secrets out of messages and values before
// h sees them: an error that a server or a parser gave may quote a record.
func Log(h slog.Handler, r *Redactor) slog.Handler { return logHandler{h, r} }

type logHandler struct {
	slog.Handler
	r *Redactor
}

// Handle is slog.Handler's.
func (h logHandler) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, h.text(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// WithAttrs is slog.Handler's.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return logHandler{h.Handler.WithAttrs(clean), h.r}
}

// WithGroup is slog.Handler's.
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name), h.r}
}

func (h logHandler) text(s string) string {
	out, _ := h.r.Text(nil, []byte(s))
	return string(out)
}

// attr reads the value together with its name: password="…" is a secret by it.
func (h logHandler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		group := make([]slog.Attr, 0, len(v.Group()))
		for _, x := range v.Group() {
			group = append(group, h.attr(x))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	case slog.KindString:
		return h.named(a.Key, v.String())
	case slog.KindAny:
		return h.named(a.Key, fmt.Sprint(v.Any()))
	}
	return slog.Attr{Key: a.Key, Value: v} // numbers and times
}

func (h logHandler) named(key, text string) slog.Attr {
	if h.r.strength([]byte(key)) == strong && !kept([]byte(text)) {
		return slog.String(key, Marker)
	}
	return slog.String(key, h.text(text))
}
