package studio

import (
	"bytes"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

func TestTheStudioFileIsOneThatBurstwatchReads(t *testing.T) {
	var text bytes.Buffer
	day := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	if err := New().WriteYAML(&text, Calendar{Start: day, RecoveryFrom: day.Add(11 * time.Hour), RecoveryTo: day.Add(12 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	var read inventory.Studio
	d := yaml.NewDecoder(bytes.NewReader(text.Bytes()))
	d.KnownFields(true)
	if err := d.Decode(&read); err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	for what, n := range map[string]int{
		"accounts": len(read.Accounts), "productions": len(read.Productions), "sites": len(read.Sites), "networks": len(read.Networks),
		"bastions": len(read.Bastions), "licence servers": len(read.Licences), "repositories": len(read.Repositories), "keys": len(read.Keys),
		"roles": len(read.Roles), "artists": len(read.Artists), "images": len(read.Images), "windows": len(read.Windows), "exceptions": len(read.Exceptions),
		"places": len(read.Places), "people": len(read.People), "escalation": len(read.Escalation),
	} {
		if n == 0 {
			t.Errorf("the studio file tells of no %s", what)
		}
	}
	if len(read.Accounts) != 4 || len(read.Productions) != 3 {
		t.Errorf("%d accounts and %d productions, want 4 and 3", len(read.Accounts), len(read.Productions))
	}
	if _, err := inventory.Compile(&read); err != nil {
		t.Errorf("the studio file is faulty: %v", err)
	}
	t.Log(text.String())
}
