// Package controls is the studio security checklist that an auditor holds: each
// control's number, what it asks in our own words, in which logs its breach can
// be seen, and what no log shows. Rules name controls by number; the checklist
// says what the numbers mean.
//
// It imports nothing of ours. The reference pages are generated from it, and
// whoever answers an auditor control by control reads it.
package controls

import (
	"bytes"
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:embed controls.yaml
var checklist []byte

// Section is a chapter of the checklist.
type Section struct {
	Number   int       `yaml:"section"`
	Name     string    `yaml:"name"`
	Controls []Control `yaml:"controls"`
}

// Control is one thing that the checklist asks for.
type Control struct {
	// Number is as the checklist has it, such as 10.11.
	Number string `yaml:"number"`
	// Name is the control in a few words, Asks in a sentence or two.
	Name string `yaml:"name"`
	Asks string `yaml:"asks"`
	// Logs are the datasets in which a breach can be seen, whether Burstwatch
	// reads them today or not.
	Logs []string `yaml:"logs"`
	// Open is what these logs show and no builtin rule watches yet; "" for
	// nothing known.
	Open string `yaml:"open"`
	// Unseen is what no log shows, and Instead what an auditor looks at for
	// it; both are "" for nothing known.
	Unseen  string `yaml:"unseen"`
	Instead string `yaml:"instead"`
}

// Checklist is the whole of it, in the order of the numbers. The result is the
// caller's. There is an error only if the data that is built in is damaged.
func Checklist() ([]Section, error) {
	d := yaml.NewDecoder(bytes.NewReader(checklist))
	d.KnownFields(true)
	var all []Section
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("the checklist of controls: %w", err)
	}
	return all, nil
}
