package elasticsearch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/tidwall/gjson"
)

// newTransport makes the client. It does not retry: what is tried again, and
// when, is the pipeline's for all sinks alike. Whoever has done with it closes
// the idle connections, which the client does not.
func newTransport(o Options) (*elastictransport.Client, *http.Transport, error) {
	var urls []*url.URL
	for _, e := range o.Endpoints {
		u, err := url.Parse(e)
		if err != nil {
			return nil, nil, fmt.Errorf("endpoint %s: %w", e, err)
		}
		urls = append(urls, u)
	}
	base, err := roundTripper(o.CAFile)
	if err != nil {
		return nil, nil, err
	}
	options := []elastictransport.Option{
		elastictransport.WithURLs(urls...), elastictransport.WithTransport(base),
		elastictransport.WithUserAgent("burstwatch"), elastictransport.WithDisableRetry(),
	}
	switch {
	case o.APIKey != "":
		options = append(options, elastictransport.WithAPIKey(string(o.APIKey)))
	case o.Username != "":
		options = append(options, elastictransport.WithBasicAuth(o.Username, string(o.Password)))
	}
	t, err := elastictransport.NewClient(options...)
	return t, base, err
}

// roundTripper is the standard one with the studio's own authority.
func roundTripper(caFile string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate in PEM", caFile)
	}
	return t, nil
}

// explain says what to do about a request that got no answer.
func explain(doing string, err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("%s: %w (set ca_file to the authority's certificate)", doing, err)
	case errors.As(err, &name):
		return fmt.Errorf("%s: %w (the endpoint's name must be one of the certificate's)", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// refusal says why a whole request was refused, and what to do.
func refusal(doing string, status int, answer []byte) error {
	fault := gjson.GetBytes(answer, "error")
	text := fault.Get("reason").Str
	if text == "" {
		text = http.StatusText(status)
	}
	switch status {
	case http.StatusUnauthorized:
		text += " (is the API key or the password right, and not expired?)"
	case http.StatusForbidden:
		text += " (the key needs create_doc and create_index on logs-*, index and create_index on the alert index, and manage_index_templates unless install_templates is false)"
	}
	return fmt.Errorf("%s: the cluster answered %d: %s", doing, status, text)
}
