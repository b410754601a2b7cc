package inventory

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What rules list says to paste is accepted, but for what it refers to, and
// gives every placeholder of ours its values or names a duty to write.
func TestAStanzaIsWhatTheFileWants(t *testing.T) {
	whole := ""
	for _, text := range stanzas {
		whole += text
	}
	var s Studio
	d := yaml.NewDecoder(strings.NewReader(whole))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(&s); err != nil {
		t.Error(err)
	}
	for name := range implied {
		if partOf[name] == "" {
			t.Errorf("nobody is told what %s needs", name)
		}
	}
	if part, text := Stanza("farm_cidrs"); part != "placeholders" || !strings.Contains(text, "farm_cidrs:") {
		t.Errorf("%s: %s", part, text)
	}
	if part, _ := Stanza("studio.key.purpose"); part != "keys" {
		t.Errorf("studio.key.purpose is in %s", part)
	}
}
