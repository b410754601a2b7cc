package kafka

import (
	"errors"
	"net"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the sink's keys.
type Options struct {
	Servers    []string      `yaml:"bootstrap_servers" doc:"Brokers to begin with, each as host:port."`
	Topic      string        `yaml:"topic" doc:"The topic of events, and of alerts where they have none of their own."`
	AlertTopic string        `yaml:"alert_topic" doc:"The topic of alerts; empty: that of events. Keys are the ids of cases, so it may be compacted."`
	MaxMessage plugin.Size   `yaml:"max_message_bytes" doc:"A larger message goes to quarantine. The broker's own limit (message.max.bytes, 1 MB unless raised) must not be less."`
	Timeout    time.Duration `yaml:"timeout" doc:"How long a broker may take to answer."`
	TLS        TLS           `yaml:"tls" doc:"Encryption of the connection."`
	SASL       SASL          `yaml:"sasl" doc:"Who we are."`
	Partitions int           `yaml:"partitions" doc:"Partitions of a topic that burstwatch setup makes."`
	Replicas   int           `yaml:"replicas" doc:"Copies of a topic that burstwatch setup makes."`
}

// TLS says how the connection is encrypted.
type TLS struct {
	Enabled  bool   `yaml:"enabled" doc:"Connect by TLS."`
	CAFile   string `yaml:"ca_file" doc:"PEM file of the authority that signed the brokers' certificates; empty: those that the system trusts."`
	CertFile string `yaml:"cert_file" doc:"PEM file of our own certificate, where brokers ask for one."`
	KeyFile  string `yaml:"key_file" doc:"PEM file of its key."`
}

// SASL says who we are.
type SASL struct {
	Mechanism string        `yaml:"mechanism" doc:"PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; empty: none."`
	Username  string        `yaml:"username" doc:"User name."`
	Password  plugin.Secret `yaml:"password" doc:"Password, from a file: ${file:/run/secrets/kafka}."`
}

// Mechanisms of SASL.
const (
	plainText = "PLAIN"
	scram256  = "SCRAM-SHA-256"
	scram512  = "SCRAM-SHA-512"
)

// Defaults are the options that the configuration leaves out.
func Defaults() Options {
	return Options{Topic: "burstwatch", MaxMessage: 1e6, Timeout: 10 * time.Second, Partitions: 6, Replicas: 3}
}

// Validate returns every fault at once.
func (o *Options) Validate() error {
	var faults []error
	fault := func(key, reason string) { faults = append(faults, plugin.FieldError{Key: key, Reason: reason}) }
	if len(o.Servers) == 0 {
		fault("bootstrap_servers", "want at least one broker as host:port")
	}
	for _, s := range o.Servers {
		if _, _, err := net.SplitHostPort(s); err != nil {
			fault("bootstrap_servers", s+": want host:port")
		}
	}
	if o.Topic == "" {
		fault("topic", "want a name")
	}
	if o.MaxMessage < 10e3 {
		fault("max_message_bytes", "want at least 10KB")
	}
	if o.Timeout < time.Second {
		fault("timeout", "want at least 1s")
	}
	if o.Partitions < 1 || o.Replicas < 1 {
		fault("partitions", "and replicas: want at least 1")
	}
	if (o.TLS.CertFile == "") != (o.TLS.KeyFile == "") {
		fault("tls.cert_file", "and key_file belong together")
	}
	if !o.TLS.Enabled && (o.TLS.CAFile != "" || o.TLS.CertFile != "") {
		fault("tls.enabled", "is false, so the files beside it would not be used")
	}
	switch o.SASL.Mechanism {
	case "":
		if o.SASL.Username != "" || o.SASL.Password != "" {
			fault("sasl.mechanism", "want PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
		}
	case plainText:
		if !o.TLS.Enabled {
			fault("sasl.mechanism", "PLAIN sends the password in the clear: it needs tls")
		}
	case scram256, scram512:
	default:
		fault("sasl.mechanism", "want PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
	return errors.Join(faults...)
}
