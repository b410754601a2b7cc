package event

import (
	"slices"
	"strings"
)

// Key names a field of the ECS schema table. Keys are in document order:
// fields sorted by key make one nested document without sorting names.
type Key uint16

// Definition is one row of the schema table.
type Definition struct {
	// Name is the field's full name, such as source.ip.
	Name string
	// Type is the Elasticsearch mapping type.
	Type string
	// Doc says what the field means.
	Doc string
	// Array is set where the field may hold several values.
	Array bool
	// NotIndexed is set where the field is kept but not searchable.
	NotIndexed bool
}

// Definition returns the key's row. The caller must not change it.
func (k Key) Definition() *Definition { return &schema[k] }

// String is the field's full name.
func (k Key) String() string { return schema[k].Name }

// Keys is the number of keys: they run from 0 to Keys-1.
const Keys = len(schema)

// KeyOf finds the key of a full field name.
func KeyOf(name string) (Key, bool) {
	path := strings.Split(name, ".")
	i, ok := slices.BinarySearchFunc(schema[:], path, func(d Definition, p []string) int {
		return slices.Compare(strings.Split(d.Name, "."), p)
	})
	return Key(i), ok
}
