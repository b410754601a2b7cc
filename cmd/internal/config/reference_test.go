package config_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

type described struct {
	Name  string         `yaml:"name" doc:"A name."`
	Names []string       `yaml:"names"`
	On    bool           `yaml:"on"`
	Count int            `yaml:"count"`
	Wait  time.Duration  `yaml:"wait"`
	Max   plugin.Size    `yaml:"max"`
	Odd   plugin.Size    `yaml:"odd"`
	Token plugin.Secret  `yaml:"token"`
	By    map[string]int `yaml:"by"`
	Part  struct {
		Inner uint64 `yaml:"inner"`
	} `yaml:"part" doc:"A part."`
	Parts []struct {
		Degrees float64 `yaml:"degrees"`
	} `yaml:"parts"`
	Hidden string `yaml:"-"`
	Inline `yaml:",inline"`
}

// Inline is exported because yaml's inline wants it.
type Inline struct {
	Near string `yaml:"near"`
}

func TestOptionsAreDescribedAsTheyAreTyped(t *testing.T) {
	o := described{Names: []string{"a", "b"}, Wait: 90 * time.Minute, Max: 1 << 20, Odd: 1500, Token: "never shown"}
	want := []config.Option{
		{Key: "name", Type: "text", Doc: "A name."},
		{Key: "names", Type: "list of texts", Default: "[a, b]"},
		{Key: "on", Type: "true or false", Default: "false"},
		{Key: "count", Type: "number", Default: "0"},
		{Key: "wait", Type: "duration", Default: "1h30m"},
		{Key: "max", Type: "size", Default: "1MiB"},
		{Key: "odd", Type: "size", Default: "1500"},
		{Key: "token", Type: "secret"},
		{Key: "by", Type: "mapping"},
		{Key: "part", Type: "mapping", Doc: "A part."},
		{Key: "part.inner", Type: "number", Default: "0"},
		{Key: "parts", Type: "list of mappings"},
		{Key: "parts[].degrees", Type: "number", Default: "0"},
		{Key: "near", Type: "text"},
	}
	got := config.Options(&o)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("option %d: got\n%+v\nwant\n%+v", i, got, want)
		}
	}
}

func TestDefaultsAreReadBackAsTheyAreDescribed(t *testing.T) {
	pipe, delivery := config.Default(), pipeline.DefaultSinkOptions()
	text := flow(config.Options(&pipe), "") + "sources: {a: {type: file, paths: [x]}}\n" +
		"sinks: {o: {type: console, " + strings.ReplaceAll(flow(config.Options(&delivery), ""), "\n", ", ") + "}}\n"
	c, err := parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	c.Sources, c.Sinks = nil, nil
	if !reflect.DeepEqual(c.Pipeline, pipe) || !reflect.DeepEqual(c.SinkList[0].Delivery, delivery) {
		t.Errorf("read back from\n%s\nas %+v\nand %+v", text, c.Pipeline, c.SinkList[0].Delivery)
	}
}

// flow writes the defaults of the options below prefix as YAML, one key a line.
func flow(all []config.Option, prefix string) string {
	var b strings.Builder
	for _, o := range all {
		name, below := strings.CutPrefix(o.Key, prefix)
		switch {
		case !below || strings.Contains(name, "."):
		case o.Type == "mapping":
			if inner := flow(all, o.Key+"."); inner != "" {
				fmt.Fprintf(&b, "%s: {%s}\n", name, strings.ReplaceAll(inner, "\n", ", "))
			}
		case o.Default != "":
			fmt.Fprintf(&b, "%s: %s\n", name, o.Default)
		}
	}
	return b.String()
}

func TestTheStudioFileIsDescribedToItsLeaves(t *testing.T) {
	var keys []string
	for _, o := range config.Options(&inventory.Studio{}) {
		keys = append(keys, o.Key)
	}
	for _, want := range []string{"accounts", "accounts[].id", "networks[].subnets[].cidr", "bastions", "placeholders"} {
		if !slices.Contains(keys, want) {
			t.Errorf("no %s in %q", want, keys)
		}
	}
}
