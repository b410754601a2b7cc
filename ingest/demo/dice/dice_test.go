package dice

import (
	"regexp"
	"testing"
)

func TestTheSameLabelsDrawTheSame(t *testing.T) {
	a, b, other := New(42, "ab", "c"), New(42, "ab", "c"), New(42, "a", "bc")
	differs := false
	for range 100 {
		x := a.Uint64()
		if x != b.Uint64() {
			t.Fatal("two streams of one name differ")
		}
		differs = differs || x != other.Uint64()
	}
	if !differs {
		t.Error("labels ab,c and a,bc name the same stream")
	}
}

func TestAChangeOfTheGeneratorOfChanceShows(t *testing.T) {
	// Whoever changes this changes every byte of every sample.
	if got, want := New(42, "sample").UUID(), "cb55fed3-c9de-4186-91e5-3b07e12d229e"; got != want {
		t.Errorf("first UUID is %s, was %s", got, want)
	}
}

func TestDrawsKeepTheirBounds(t *testing.T) {
	d := New(1, "bounds")
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for range 1000 {
		if n := d.Between(3, 5); n < 3 || n > 5 {
			t.Fatalf("Between(3, 5) is %d", n)
		}
		if n := d.Skewed(40, 9000); n < 40 || n > 9000 {
			t.Fatalf("Skewed(40, 9000) is %d", n)
		}
		if id := d.UUID(); !uuid.MatchString(id) {
			t.Fatalf("no UUID: %s", id)
		}
		if text := d.Upper(17); len(text) != 17 {
			t.Fatalf("Upper(17) is %q", text)
		}
	}
}
