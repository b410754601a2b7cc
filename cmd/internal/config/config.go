package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/rules/window"
	"github.com/burstwatch/burstwatch/sinks"
)

// Pipeline is what burstwatch.yaml says.
type Pipeline struct {
	DataDir      string              `yaml:"data_dir" doc:"Folder of checkpoints, quarantine and local stores."`
	Studio       string              `yaml:"studio" doc:"The studio file. Without one, rules that need it are idle."`
	GeoIP        geo.Options         `yaml:"geoip" doc:"Databases that tell where addresses are. They are read again at a reload."`
	ThreatLists  []string            `yaml:"threat_lists" doc:"Files with addresses, networks (CIDR) or domains that nobody of the studio has any business with, one a line. They are read again at a reload."`
	Rules        []string            `yaml:"rules" doc:"Sigma files and folders; builtin is our own pack. The word stateless leaves out the rules that need more than one event, and makes each match an alert of its own; alone it means the builtin pack."`
	Instances    int                 `yaml:"instances" doc:"How many services run with this configuration at the same time, on the same queues, each with a data_dir of its own. For more than one, rules must be stateless. Sources without a queue are read by each of them."`
	Lateness     time.Duration       `yaml:"lateness" doc:"How much later than their log is complete events may still come: for so long rules over several events wait before a case is final. CloudTrail states 15 minutes."`
	Workers      int                 `yaml:"workers" doc:"How many objects are read side by side; 0 is one for each processor."`
	MaxRecord    plugin.Size         `yaml:"max_record" doc:"A larger record goes to quarantine."`
	DrainTimeout time.Duration       `yaml:"drain_timeout" doc:"How long a stop may take until what is under way is settled."`
	Memory       plugin.Size         `yaml:"memory" doc:"How many bytes of batches may be under way at once."`
	Quarantine   pipeline.Quarantine `yaml:"quarantine" doc:"What cannot be read, or is refused by a sink, is kept below data_dir with reason and origin."`
	Redact       redact.Options      `yaml:"redact" doc:"What is a secret in the studio's own logs, beside what is known to be one anyway. It changes with a restart."`
	HTTP         HTTP                `yaml:"http" doc:"The page, /metrics, /healthz and /readyz."`

	Sources map[string]yaml.Node `yaml:"sources" doc:"Where logs come from, by a name of your choice."`
	Sinks   map[string]yaml.Node `yaml:"sinks" doc:"Where events and alerts go, by a name of your choice."`
}

// Stateless is the word among the rules that leaves out those that need more
// than one event.
const Stateless = "stateless"

// HTTP says where the page listens.
type HTTP struct {
	Listen string        `yaml:"listen" doc:"Address and port; empty: no page. Beyond loopback a token is needed."`
	URL    string        `yaml:"url" doc:"Where people find the page, such as https://burstwatch.studio.example: alerts link to it (event.url). Empty: they do not. It changes with a restart."`
	Token  plugin.Secret `yaml:"token" doc:"What a browser or Prometheus must show, beyond loopback."`
}

// Source is one configured source, its options read but not yet used.
type Source struct {
	Name    string
	Spec    plugin.Spec[ingest.Source]
	Options any
}

// Sink is one configured sink, its options read but not yet used.
type Sink struct {
	Name     string
	Spec     plugin.Spec[sinks.Sink]
	Options  any
	Delivery pipeline.SinkOptions
}

// Config is a pipeline file, read and checked.
type Config struct {
	Pipeline
	SourceList []Source
	SinkList   []Sink

	file string
	root *yaml.Node
}

// Place is where a key such as rules[1] stands, as file:line:column, for a fault
// that only shows when what it names is read.
func (c *Config) Place(key string) string {
	n := locate(c.root, key)
	return fmt.Sprintf("%s:%d:%d", c.file, n.Line, n.Column)
}

// Default is a pipeline with nothing but defaults.
func Default() Pipeline {
	return Pipeline{
		DataDir: "/var/lib/burstwatch", Rules: []string{"builtin"}, Instances: 1, Lateness: window.DefaultLateness, MaxRecord: 1 << 20,
		Memory: pipeline.DefaultMemory, Quarantine: pipeline.DefaultQuarantine(),
		DrainTimeout: pipeline.DefaultDrainTimeout, HTTP: HTTP{Listen: "127.0.0.1:9810"},
	}
}

// Load reads a pipeline file. The error is a [Problems] with everything that is
// wrong, or tells why the file could not be read.
func Load(file string, sources []plugin.Spec[ingest.Source], sinkSpecs []plugin.Spec[sinks.Sink]) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return Parse(file, text, sources, sinkSpecs)
}

// Parse reads the text of a pipeline file; file is its name for messages.
func Parse(file string, text []byte, sources []plugin.Spec[ingest.Source], sinkSpecs []plugin.Spec[sinks.Sink]) (*Config, error) {
	d := &decoder{file: file}
	root := d.root(text)
	if root == nil {
		if len(d.problems) == 0 {
			d.problems = append(d.problems, Problem{File: d.file, Reason: "the file is empty; it wants sources and sinks"})
		}
		return nil, d.problems.orNil()
	}
	d.substitute(root)
	c := &Config{Pipeline: Default()}
	d.structs(root, "", &c.Pipeline)
	d.plugins(root, c, sources, sinkSpecs)
	d.check(root, c)
	c.file, c.root = d.file, root
	return c, d.problems.orNil()
}

// root parses the one document of the file; nil if there is none to decode.
func (d *decoder) root(text []byte) *yaml.Node {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil && !errors.Is(err, io.EOF) {
		d.problems = append(d.problems, Problem{File: d.file, Reason: "not YAML: " + err.Error()})
		return nil
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n.Content[0]
}

func (d *decoder) plugins(root *yaml.Node, c *Config, sources []plugin.Spec[ingest.Source], sinkSpecs []plugin.Spec[sinks.Sink]) {
	each(child(root, "sources"), func(k, n *yaml.Node) {
		spec, options := choose(d, n, "sources."+k.Value, sources)
		if options != nil {
			d.structs(n, "sources."+k.Value, options, &typed{})
			d.datasets(child(n, "dataset"), "sources."+k.Value+".dataset", false)
			d.format(child(n, "format"), "sources."+k.Value+".format")
			c.SourceList = append(c.SourceList, Source{Name: k.Value, Spec: spec, Options: options})
		}
	})
	each(child(root, "sinks"), func(k, n *yaml.Node) {
		spec, options := choose(d, n, "sinks."+k.Value, sinkSpecs)
		if options != nil {
			delivery := pipeline.DefaultSinkOptions()
			d.structs(n, "sinks."+k.Value, options, &delivery, &typed{})
			d.datasets(child(n, "datasets"), "sinks."+k.Value+".datasets", true)
			c.SinkList = append(c.SinkList, Sink{Name: k.Value, Spec: spec, Options: options, Delivery: delivery})
		}
	})
	if len(c.SourceList) == 0 && len(d.problems) == 0 {
		d.fail(root, "sources", "there is no source: nothing would be read")
	}
	if len(c.SinkList) == 0 && len(d.problems) == 0 {
		d.fail(root, "sinks", "there is no sink: nothing would be kept")
	}
}

// typed takes the key that says which plugin it is.
type typed struct {
	Type string `yaml:"type"`
}

// choose finds the plugin that n's type names; options is nil if there is none.
func choose[T any](d *decoder, n *yaml.Node, key string, specs []plugin.Spec[T]) (spec plugin.Spec[T], options any) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "want a mapping with a type, not %s", shape(n))
		return spec, nil
	}
	var names []string
	typ := child(n, "type")
	for _, s := range specs {
		names = append(names, s.Name)
		if typ != nil && s.Name == typ.Value {
			return s, s.Options()
		}
	}
	if typ == nil {
		d.fail(n, key, "no type%s", suggest("", names))
	} else {
		d.fail(typ, key+".type", "unknown type%s", suggest(typ.Value, names))
	}
	return spec, nil
}

// child is the value of a mapping's key, nil if it is not there.
func child(n *yaml.Node, key string) (found *yaml.Node) {
	each(n, func(k, v *yaml.Node) {
		if k.Value == key {
			found = v
		}
	})
	return found
}

func each(n *yaml.Node, f func(k, v *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i], n.Content[i+1])
	}
}

// Options lists an options struct's keys, types, defaults and documentation,
// for the reference page.
func Options(options any) []Option {
	var out []Option
	describe(reflect.ValueOf(options).Elem(), "", &out)
	return out
}
