package plugin

import (
	"reflect"
	"sync"
)

// Shared holds what the plugins of one process have in common, one value of a
// type: clients' credentials and rate limits, for instance. It stands for the
// global variable that nobody here may have. The program makes one and gives it
// to every [Env]; it is safe for concurrent use.
type Shared struct {
	mu     sync.Mutex
	values map[reflect.Type]any
}

// Share returns the process's value of type T, made by make when the first
// plugin asks. Where env has no Shared, as in tests, each call makes one.
func Share[T any](env Env, make func() T) T {
	if env.Shared == nil {
		return make()
	}
	return env.Shared.get(reflect.TypeFor[T](), func() any { return make() }).(T) //nolint:forcetypeassert // stored under its type
}

func (s *Shared) get(key reflect.Type, make func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[reflect.Type]any{}
	}
	if _, known := s.values[key]; !known {
		s.values[key] = make()
	}
	return s.values[key]
}
