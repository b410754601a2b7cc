package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/web"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/parsers/vpcflow"
)

// check finds values that can be read and cannot be meant.
func (d *decoder) check(root *yaml.Node, c *Config) {
	wrong := func(is bool, key, format string, args ...any) {
		if is {
			d.fail(locate(root, key), key, format, args...)
		}
	}
	wrong(c.DataDir == "", "data_dir", "is empty: where shall positions and quarantine be kept?")
	wrong(c.Workers < 0, "workers", "want 0 (one for each processor) or more")
	wrong(c.MaxRecord < 1, "max_record", "want at least 1 B")
	wrong(c.Memory < 1, "memory", "want at least 1 B")
	for key, v := range map[string]time.Duration{"lateness": c.Lateness, "drain_timeout": c.DrainTimeout} {
		wrong(v < 0, key, "must not be negative")
	}
	d.instances(root, c)
	if u := c.HTTP.URL; u != "" && !isPage(u) {
		wrong(true, "http.url", "%q is no address of a page: write https://HOST", u)
	}
	var f plugin.FieldError
	if c.HTTP.Listen != "" && !d.failed("http", locate(root, "http.token")) && errors.As(web.Check(c.HTTP.Listen, c.HTTP.Token), &f) {
		wrong(true, f.Key, "%s", f.Reason)
	}
}

// failed reports whether a fault of the key, of one below it, or at a node, such
// as a secret that could not be read, is known: then the value is not the one
// that is meant.
func (d *decoder) failed(key string, n *yaml.Node) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool {
		return p.Key == key || strings.HasPrefix(p.Key, key+".") || p.Line == n.Line && p.Column == n.Column
	})
}

// instances refuses several services whose rules would each remember half of
// what happened.
func (d *decoder) instances(root *yaml.Node, c *Config) {
	n := child(root, "instances")
	switch {
	case n == nil:
	case c.Instances < 1:
		d.fail(n, "instances", "want 1 or more")
	case c.Instances > 1 && !slices.Contains(c.Rules, Stateless):
		d.fail(n, "instances", "each of %d services on one queue gets a part of the logs, and rules that need more than one event would miss what lies in several parts: "+
			"set rules: %s to judge each event by itself, or run one service and let others stand by (run --standby)", c.Instances, Stateless)
	}
}

// isPage reports whether alerts can link to it.
func isPage(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

// datasets refuses names of datasets that no parser makes: a source could read
// nothing, and a sink would silently get nothing. n is one name or a list of
// them, nil for none; open says that a * at the end may stand for the rest.
func (d *decoder) datasets(n *yaml.Node, key string, open bool) {
	if n == nil {
		return
	}
	known := catalog.Datasets()
	list := []*yaml.Node{n}
	if n = resolved(n); n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for i, item := range list {
		name := resolved(item).Value
		begin, wild := strings.CutSuffix(name, "*")
		if name == "" || slices.ContainsFunc(known, func(k string) bool { return k == name || open && wild && strings.HasPrefix(k, begin) }) {
			continue
		}
		at := key
		if n.Kind == yaml.SequenceNode {
			at = fmt.Sprintf("%s[%d]", key, i)
		}
		d.fail(item, at, "no parser makes %q; there are %s", name, strings.Join(known, ", "))
	}
}

// format refuses columns of flow logs by which no line could be read.
func (d *decoder) format(n *yaml.Node, key string) {
	if n == nil {
		return
	}
	if err := vpcflow.CheckFormat(resolved(n).Value); err != nil {
		d.fail(n, key, "%v", err)
	}
}
