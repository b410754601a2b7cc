package config_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

type sourceOptions struct {
	Paths  []string      `yaml:"paths"`
	Data   string        `yaml:"dataset"`
	Format string        `yaml:"format"`
	Follow bool          `yaml:"follow"`
	Poll   time.Duration `yaml:"poll_interval"`
	Token  plugin.Secret `yaml:"token"`
	Roles  []struct {
		ARN string `yaml:"arn"`
	} `yaml:"roles"`
}

func (o sourceOptions) Validate() error {
	if len(o.Paths) == 0 {
		return plugin.FieldError{Key: "paths", Reason: "is empty"}
	}
	return nil
}

type noSource struct{}

func (noSource) Run(context.Context, ingest.Emitter) error { return nil }

type sinkOptions struct {
	Path string      `yaml:"path"`
	Max  plugin.Size `yaml:"max_size"`
}

func parse(text string) (*config.Config, error) {
	return config.Parse("burstwatch.yaml", []byte(text),
		[]plugin.Spec[ingest.Source]{plugin.Define("file", "", sourceOptions{Follow: true}, func(plugin.Env, sourceOptions) (ingest.Source, error) { return noSource{}, nil })},
		[]plugin.Spec[sinks.Sink]{plugin.Define("console", "", sinkOptions{}, func(plugin.Env, sinkOptions) (sinks.Sink, error) { return nil, nil })})
}

func TestAFileIsReadIntoThePluginsOptions(t *testing.T) {
	c, err := parse(`
data_dir: /data
sources:
  logs: {type: file, paths: /logs/**, poll_interval: 5s}
sinks:
  out: {type: console, path: out.ndjson, max_size: 10MB, only: alerts, batch: {max_events: 7}}
`)
	if err != nil {
		t.Fatal(err)
	}
	in, ok := c.SourceList[0].Options.(*sourceOptions)
	if !ok || in.Paths[0] != "/logs/**" || in.Poll != 5*time.Second || !in.Follow {
		t.Errorf("source options are %+v", c.SourceList[0].Options)
	}
	out, ok := c.SinkList[0].Options.(*sinkOptions)
	if !ok || out.Max != 10e6 || c.SinkList[0].Delivery.Only != "alerts" || c.SinkList[0].Delivery.Batch.MaxEvents != 7 {
		t.Errorf("sink options are %+v with %+v", c.SinkList[0].Options, c.SinkList[0].Delivery)
	}
	if c.Rules[0] != "builtin" || c.DataDir != "/data" {
		t.Errorf("rules %v, data_dir %s", c.Rules, c.DataDir)
	}
}

func TestOneValueStandsForAListOfOne(t *testing.T) {
	for _, roles := range []string{"{arn: a}", "[{arn: a}]"} {
		c, err := parse("sources: {logs: {type: file, paths: p, roles: " + roles + "}}\nsinks: {out: {type: console}}\n")
		if err != nil {
			t.Fatal(err)
		}
		if in, ok := c.SourceList[0].Options.(*sourceOptions); !ok || len(in.Roles) != 1 || in.Roles[0].ARN != "a" {
			t.Errorf("%s became %+v", roles, c.SourceList[0].Options)
		}
	}
	if _, err := parse("sources: {logs: {type: file, paths: {a: b}}}\nsinks: {out: {type: console}}\n"); err == nil {
		t.Error("a mapping stands for a text")
	}
}

func TestEveryFaultIsReportedAtOnceWithItsPlace(t *testing.T) {
	_, err := parse(`
data_dirr: /data
workers: many
sources:
  a: {type: fil, paths: [x]}
  b: {type: file}
  c: {type: file, paths: [x], follow: maybe, colour: red}
sinks:
  d: {path: x}
  e: {type: console, only: everything, max_size: big}
  e: {type: console}
`)
	for _, want := range []string{
		"burstwatch.yaml:2:1: data_dirr: unknown key; did you mean data_dir?",
		"burstwatch.yaml:3:10: workers: want a whole number",
		"burstwatch.yaml:5:13: sources.a.type: unknown type; did you mean file?",
		"sources.b.paths: is empty",
		"sources.c.follow: want true or false",
		"sources.c.colour: unknown key; known are ",
		"sinks.d: no type",
		"sinks.e.only: ",
		"sinks.e.max_size: want a size such as",
		"burstwatch.yaml:11:3: sinks.e: stands twice",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
	var all config.Problems
	if !errors.As(err, &all) {
		t.Fatalf("the error is a %T", err)
	}
}

func TestWhatCanBeReadAndCannotBeMeantIsReported(t *testing.T) {
	const rest = "\nsources: {logs: {type: file, paths: p, dataset: aws.cloudtrail}}\nsinks: {out: {type: console, datasets: [aws.vpcflow, \"generic.*\"]}}\n"
	for text, want := range map[string]string{
		"":                                      "",
		"http: {listen: \"\"}":                  "",
		"http: {listen: 127.0.0.1:80}":          "",
		"workers: -1":                           "burstwatch.yaml:1:10: workers: want 0",
		"lateness: -1s":                         "burstwatch.yaml:1:11: lateness: must not be negative",
		"drain_timeout: -1s":                    "drain_timeout: must not be negative",
		"max_record: 0":                         "max_record: want at least",
		"memory: 0":                             "memory: want at least",
		"data_dir: \"\"":                        "data_dir: is empty",
		"http: {listen: localhost}":             "http.listen: \"localhost\" is no address with a port",
		"http: {listen: \":80\"}":               "burstwatch.yaml:1:16: http.listen: :80 can be reached from other machines, so http.token must be set",
		"http: {listen: \":80\", token: short}": "http.token: has fewer than 16 characters",
		"http: {url: studio}":                   "http.url: ",
		"sinks: {a: {type: console, datasets: [aws.vpcflow, aws.flow, \"x*\"]}}\nx: 1": "burstwatch.yaml:1:52: sinks.a.datasets[1]: no parser makes \"aws.flow\"; there are aws.cloudtrail, ",
		"sinks: {a: {type: console, datasets: \"x*\"}}\nx: 1":                          "sinks.a.datasets: no parser makes \"x*\"",
		"sources: {a: {type: file, paths: p, format: version srcaddr}}\nx: 1":          "burstwatch.yaml:1:45: sources.a.format: the flow log's columns (version srcaddr) lack dstaddr",
		"sources: {a: {type: file, paths: p, dataset: aws.*}}\nx: 1":                   "sources.a.dataset: no parser makes \"aws.*\"",
	} {
		if !strings.Contains(text, "x: 1") {
			text += rest
		}
		if _, err := parse(text); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q gave %v", text, err)
		}
	}
	// A token that could not be read is one fault, not two.
	_, err := parse("http: {listen: \":80\", token: \"${env:BURSTWATCH_NOT_SET}\"}" + rest)
	if err == nil || strings.Contains(err.Error(), "http.listen") {
		t.Errorf("got %v", err)
	}
}

func TestSeveralServicesNeedStatelessRules(t *testing.T) {
	const rest = "\nsources: {logs: {type: file, paths: p}}\nsinks: {out: {type: console}}\n"
	for head, want := range map[string]string{
		"instances: 2": "burstwatch.yaml:1:12: instances: each of 2 services on one queue gets a part of the logs",
		"instances: 2\nrules: [builtin, /etc/rules]": "set rules: stateless to judge each event by itself, or run one service and let others stand by (run --standby)",
		"instances: 0":                                   "burstwatch.yaml:1:12: instances: want 1 or more",
		"instances: 2\nrules: stateless":                 "",
		"instances: 2\nrules: [stateless, my/rules.yml]": "",
		"instances: 1":                                   "",
	} {
		if _, err := parse(head + rest); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q gave %v", head, err)
		}
	}
}

func TestSecretsAreReadAndNeverShown(t *testing.T) {
	const hidden = "hunter2-hunter2"
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(hidden+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BURSTWATCH_TEST_SECRET", hidden)
	c, err := parse("sources: {a: {type: file, paths: [x], token: '${file:" + name + "}'}}\nsinks: {o: {type: console}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := c.SourceList[0].Options.(*sourceOptions); !ok || string(o.Token) != hidden {
		t.Error("the secret was not read")
	}
	_, err = parse(`
workers: ${env:BURSTWATCH_TEST_SECRET}
drain_timeout: ${env:BURSTWATCH_TEST_SECRET}
max_record: ${env:BURSTWATCH_TEST_SECRET}
sources: {a: {type: "${env:BURSTWATCH_TEST_SECRET}"}}
sinks: {o: {type: console, only: "${env:BURSTWATCH_TEST_SECRET}"}, p: "${env:BURSTWATCH_TEST_SECRET}"}
`)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the message shows the secret, or there is none: %v", err)
	}
	_, err = parse("data_dir: ${file:/does/not/exist}\nsources: {a: {type: file, paths: [x]}}\nsinks: {o: {type: console}}\n")
	if err == nil || !strings.Contains(err.Error(), "burstwatch.yaml:1:11") || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("a secret that cannot be read gave %v", err)
	}
}

func TestWhatIsNoConfigurationIsRefusedNotGuessed(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "[1, 2]", "a: b: c", "\t", "sources: 3\nsinks: 4", "sources:\n  a: file\n", strings.Repeat("[", 5000), "data_dir: &a [*a]"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%.20q was taken for a configuration", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sources: {a: {type: file, paths: [x]}}\nsinks: {o: {type: console}}\n")
	f.Add("workers: {}\nsinks: []\nsources: {a: {<<: *x}}")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = parse(text)
	})
}
