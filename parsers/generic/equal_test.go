package generic_test

import (
	"testing"

	"github.com/burstwatch/burstwatch/parsers/generic"
)

// TestSchemasOfTwoSpecsAreEqual: rules are compiled for the schemas of one Spec
// and judge events that parsers of another have read.
func TestSchemasOfTwoSpecsAreEqual(t *testing.T) {
	one, other := generic.Spec().Schemas, generic.Spec().Schemas
	for i := range one {
		if one[i] != other[i] {
			t.Errorf("%s: the schemas of two Specs differ", one[i].Dataset())
		}
	}
}
