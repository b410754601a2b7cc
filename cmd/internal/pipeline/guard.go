package pipeline

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

// Error is what was panicked with.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// LogValue is the panic with where it happened.
func (p *panicked) LogValue() slog.Value {
	return slog.GroupValue(slog.String("panic", p.Error()), slog.String("stack", string(p.stack)))
}

// guard calls f and makes a panic an error: one record that a parser fails on
// must not end the program.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, debug.Stack()}
		}
	}()
	return f()
}
