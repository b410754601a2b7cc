package event

import "slices"

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
	i, ok := slices.BinarySearchFunc(schema[:], name, func(d Definition, name string) int {
		return compareNames(d.Name, name)
	})
	return Key(i), ok
}

// compareNames orders full names as their parts are ordered: a dot is less than
// any other byte.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch x, y := a[i], b[i]; {
		case x == y:
		case x == '.':
			return -1
		case y == '.':
			return 1
		default:
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
