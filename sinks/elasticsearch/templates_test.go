package elasticsearch

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/templates.json anew")

// TestAChangeOfTheTemplatesIsSeen holds what is installed by default to a file:
// whoever changes it, by a row of the schema or here, raises Version with it,
// so that an older Burstwatch does not install its own over it.
func TestAChangeOfTheTemplatesIsSeen(t *testing.T) {
	o := Defaults()
	got, err := json.MarshalIndent(object{
		"version": Version, componentName: component(), alertsName: alertsTemplate(o),
		"dataset": datasetTemplate(o, "logs-aws.cloudtrail-default"),
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const file = "testdata/templates.json"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the templates have changed: raise Version if a release had the old ones, then run the test with -update")
	}
}
