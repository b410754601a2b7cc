package redact_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/internal/redact/redacttest"
)

// A secret in a message, a value, an error, a group, or in what a logger was made
// with, is in no line of the log.
func TestNoSecretIsLogged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(redacttest.Plants()).Draw(t, "plant")
		secret := drawSecret(t, p)
		text := strings.Replace(p.Text, "%s", secret, 1)
		var out bytes.Buffer
		log := slog.New(redact.Log(slog.NewJSONHandler(&out, nil), redact.Default()))
		switch rapid.IntRange(0, 4).Draw(t, "where") {
		case 0:
			log.Info(text)
		case 1:
			log.Warn("failed", "error", errors.New("cannot take "+text))
		case 2:
			log.With("object", text).Info("read")
		case 3:
			log.WithGroup("g").Info("read", slog.Group("in", "text", text))
		case 4:
			log.Info("read", "password", secret)
		}
		if plain := strings.Trim(string(quoted(secret)), `"`); bytes.Contains(out.Bytes(), []byte(plain)) {
			t.Fatalf("%q is in the log: %s", secret, out.Bytes())
		}
	})
}

func TestWhatIsNoSecretIsLoggedAsItIs(t *testing.T) {
	var with, without bytes.Buffer
	say := func(l *slog.Logger) {
		l = l.With("sink", "elastic", "n", 3)
		l.Warn("is down: what waits for it is kept", "error", errors.New("dial tcp: connection refused"), "since", 1.5, "ok", true)
	}
	opt := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	say(slog.New(slog.NewTextHandler(&without, opt)))
	say(slog.New(redact.Log(slog.NewTextHandler(&with, opt), redact.Default())))
	if with.String() != without.String() {
		t.Errorf("%s instead of %s", &with, &without)
	}
}
