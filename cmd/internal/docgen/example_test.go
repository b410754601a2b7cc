package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/cmd/internal/cli"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/geo/geotest"
)

const docs = "../../../docs"

// gathered is everything that the pages are made of.
func gathered(t *testing.T) *reference {
	t.Helper()
	ref, err := gather(docs)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// The examples name folders of a server; here they stand in a folder of the test.
func TestTheExampleIsAccepted(t *testing.T) {
	ref, dir := gathered(t), t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	put("studio.yaml", ref.StudioExample)
	put("burstwatch_token", "a secret of the test\n")
	put("elasticsearch", "another secret\n")
	put("kafka", "a third\n")
	put("threats.txt", "198.51.100.0/24\n")
	put("rules/ours.yml", ours)
	cities := geotest.Places(t, "DBIP-City-Lite", map[string]geotest.Place{"203.0.113.0/24": {Country: "GB", City: "London", Latitude: 51.5, Longitude: -0.1}})
	systems := geotest.Systems(t, map[string]geotest.System{"203.0.113.0/24": {Number: 64496, Organization: "Example"}})
	here := strings.NewReplacer("/var/lib/burstwatch/geoip/city.mmdb", cities, "/var/lib/burstwatch/geoip/asn.mmdb", systems, "/etc/burstwatch", dir, "/run/secrets", dir)
	var out, diag bytes.Buffer
	validate := func(text string) int {
		out.Reset()
		diag.Reset()
		return cli.Main(cli.Build{}, []string{"validate", "-c", put("burstwatch.yaml", text)}, cli.Streams{Out: &out, Err: &diag})
	}
	if code := validate(here.Replace(ref.Example)); code != 0 || diag.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, &out, &diag)
	}
	// It is the example that is judged, and not nothing.
	if code := validate(here.Replace(ref.Example) + "\nworkerss: 3\n"); code == 0 || !strings.Contains(diag.String(), "workerss") {
		t.Errorf("an unknown key is accepted: %s%s", &out, &diag)
	}
}

// ours is a rule that expands what the example of studio.yaml gives.
const ours = `
title: Somebody outside the farm
id: ours
logsource: {product: aws, service: cloudtrail}
detection:
    inside: {sourceIPAddress|cidr|expand: '%farm_cidrs%'}
    condition: not inside
`

func TestTheExamplesShowEveryPart(t *testing.T) {
	ref := gathered(t)
	var pipe struct {
		Rest    map[string]any            `yaml:",inline"`
		Sources map[string]map[string]any `yaml:"sources"`
		Sinks   map[string]map[string]any `yaml:"sinks"`
	}
	var studio map[string]any
	for text, to := range map[string]any{ref.Example: &pipe, ref.StudioExample: &studio} {
		if err := yaml.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	pipe.Rest["sources"], pipe.Rest["sinks"] = pipe.Sources, pipe.Sinks
	showsAll(t, "burstwatch.yaml", ref.Pipeline, pipe.Rest)
	showsAll(t, "studio.yaml", ref.Studio, studio)
	anySink := map[string]any{}
	types := map[any]bool{"demo": true, "blackhole": true} // no part of a real studio's configuration
	for _, list := range []map[string]map[string]any{pipe.Sources, pipe.Sinks} {
		for _, part := range list {
			types[part["type"]] = true
		}
	}
	for _, sink := range pipe.Sinks {
		for k := range sink {
			anySink[k] = nil
		}
	}
	showsAll(t, "the sinks", ref.Delivery, anySink)
	for _, p := range slices.Concat(ref.Sources, ref.Sinks) {
		if !types[p.Name] {
			t.Errorf("the example has no type %s", p.Name)
		}
	}
}

func showsAll(t *testing.T, where string, options []config.Option, shown map[string]any) {
	t.Helper()
	for _, o := range options {
		if _, ok := shown[o.Key]; !ok && !strings.ContainsAny(o.Key, ".[") {
			t.Errorf("the example of %s does not show %s", where, o.Key)
		}
	}
}
