package config

import (
	"fmt"
	"os"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

// LoadStudio reads a studio file; "" gives an empty studio, which is legal. The
// error is a [Problems] with everything that is wrong.
func LoadStudio(file string) (*inventory.Studio, error) {
	s := &inventory.Studio{}
	if file == "" {
		return s, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the studio file: %w", err)
	}
	d := &decoder{file: file}
	if root := d.root(text); root != nil {
		d.structs(root, "", s)
	}
	return s, d.problems.orNil()
}
