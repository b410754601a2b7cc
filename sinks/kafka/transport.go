package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

func newTransport(o Options) (*kafka.Transport, error) {
	t := &kafka.Transport{ClientID: "burstwatch", DialTimeout: o.Timeout}
	var err error
	if o.TLS.Enabled {
		if t.TLS, err = newTLS(o.TLS); err != nil {
			return nil, err
		}
	}
	t.SASL, err = mechanism(o.SASL)
	return t, err
}

func newTLS(o TLS) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file %s holds no certificate in PEM", o.CAFile)
		}
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func mechanism(o SASL) (sasl.Mechanism, error) {
	switch o.Mechanism {
	case plainText:
		return plain.Mechanism{Username: o.Username, Password: string(o.Password)}, nil
	case scram256:
		return scram.Mechanism(scram.SHA256, o.Username, string(o.Password))
	case scram512:
		return scram.Mechanism(scram.SHA512, o.Username, string(o.Password))
	}
	return nil, nil //nolint:nilnil // no mechanism is none
}
