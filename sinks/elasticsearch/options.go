package elasticsearch

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the sink's keys.
type Options struct {
	Endpoints   []string      `yaml:"endpoints" doc:"URLs of the cluster's nodes, such as https://es1:9200. Another is tried when one does not answer."`
	APIKey      plugin.Secret `yaml:"api_key" doc:"An API key in its encoded form, from a file: ${file:/run/secrets/es}."`
	Username    string        `yaml:"username" doc:"User name, where there is no API key."`
	Password    plugin.Secret `yaml:"password" doc:"The user's password, from a file."`
	CAFile      string        `yaml:"ca_file" doc:"PEM file of the authority that signed the cluster's certificate; empty: those that the system trusts."`
	Period      string        `yaml:"index_period" doc:"What one index of a dataset holds: a day, a week or a month of event time. Old events are deleted by whole indices, so choose by how many there are: an index of 10 to 50 GB searches well."`
	Namespace   string        `yaml:"namespace" doc:"The last part of the names logs-<dataset>-<namespace>."`
	AlertIndex  string        `yaml:"alert_index" doc:"The index that holds alerts, each under its id."`
	Templates   bool          `yaml:"install_templates" doc:"Install the mappings at start, where the cluster has older ones or none. Without it somebody who may do so runs burstwatch setup."`
	Shards      int           `yaml:"shards" doc:"Primary shards of a new index."`
	Replicas    int           `yaml:"replicas" doc:"Copies of each shard; 0 on a cluster of one node."`
	Retention   time.Duration `yaml:"retention" doc:"Indices of events older than this are deleted by the cluster's lifecycle management, where it has one; 0 is never. Alerts are never deleted."`
	Compression int           `yaml:"compression" doc:"How hard request bodies are compressed, 1 (fast) to 9."`
}

// Periods of indices.
const (
	day   = "day"
	week  = "week"
	month = "month"
)

// Defaults are the options that the configuration leaves out.
func Defaults() Options {
	return Options{
		Period: month, Namespace: "default", AlertIndex: "burstwatch-alerts", Templates: true,
		Shards: 1, Replicas: 1, Compression: 1,
	}
}

// indexName is what Elasticsearch takes as the name of an index, or a part of it.
var indexName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// Validate returns every fault at once.
func (o *Options) Validate() error {
	var faults []error
	fault := func(key, reason string) { faults = append(faults, plugin.FieldError{Key: key, Reason: reason}) }
	if len(o.Endpoints) == 0 {
		fault("endpoints", "want at least one URL, such as https://elasticsearch:9200")
	}
	for _, e := range o.Endpoints {
		if why := o.endpoint(e); why != "" {
			fault("endpoints", e+": "+why)
		}
	}
	if o.APIKey != "" && o.Username != "" {
		fault("api_key", "and username exclude each other")
	}
	if (o.Username == "") != (o.Password == "") {
		fault("password", "and username belong together")
	}
	switch o.Period {
	case day, week, month:
	default:
		fault("index_period", "want day, week or month")
	}
	if !indexName.MatchString(o.Namespace) || strings.Contains(o.Namespace, "-") {
		fault("namespace", "want lower-case letters, digits, _ and .")
	}
	if !indexName.MatchString(o.AlertIndex) {
		fault("alert_index", "want lower-case letters, digits, -, _ and .")
	}
	if o.Shards < 1 {
		fault("shards", "want at least 1")
	}
	if o.Replicas < 0 {
		fault("replicas", "want 0 or more")
	}
	if o.Retention != 0 && o.Retention < 24*time.Hour {
		fault("retention", "want 0 (never) or at least 24h")
	}
	if o.Compression < 1 || o.Compression > 9 {
		fault("compression", "want 1 to 9")
	}
	return errors.Join(faults...)
}

// endpoint says what is wrong with a URL, "" if nothing is.
func (o *Options) endpoint(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return "want a URL such as https://elasticsearch:9200"
	case u.User != nil:
		return "user and password belong into username and password, which are read from files"
	case u.Scheme == "https":
	case u.Scheme != "http":
		return "want https:// in front"
	case (o.APIKey != "" || o.Password != "") && !loopback(u.Hostname()):
		return "http would send the password in the clear: want https"
	}
	return ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
