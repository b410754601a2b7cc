package inventory

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What rules list says to paste is accepted, but for what it refers to, and
// gives every placeholder of ours a value.
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
		part, text := Stanza(name)
		var s Studio
		if err := yaml.Unmarshal([]byte(text), &s); err != nil || partOf[name] != part {
			t.Errorf("nobody is told what %s needs: %v", name, err)
		}
		if values, ok := s.Placeholder(name); !ok || values[0] == "" {
			t.Errorf("%s has no value by\n%s", name, text)
		}
		s.Productions = []Production{{Name: "SABLE", Tier: 1}} // what it refers to
		if _, err := Compile(&s); err != nil && name != "regions" && name != "content_buckets" {
			t.Errorf("%s: %v in\n%s", name, err, text)
		}
	}
	if part, text := Stanza("farm_cidrs"); part != "placeholders" || !strings.Contains(text, "farm_cidrs:") {
		t.Errorf("%s: %s", part, text)
	}
	if part, _ := Stanza("studio.key.purpose"); part != "keys" {
		t.Errorf("studio.key.purpose is in %s", part)
	}
}
