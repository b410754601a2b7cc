package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var reference = regexp.MustCompile(`\$\{(file|env):([^}]*)\}`)

// substitute replaces every ${file:…} and ${env:…} of the scalars under n and
// remembers what must not be shown.
func (d *decoder) substitute(n *yaml.Node) {
	for _, c := range n.Content {
		d.substitute(c)
	}
	if n.Kind != yaml.ScalarNode || !strings.Contains(n.Value, "${") {
		return
	}
	n.Value = reference.ReplaceAllStringFunc(n.Value, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		value, err := lookUp(m[1], m[2])
		if err != nil {
			d.fail(n, "", "%v", err)
		}
		if value != "" {
			d.hidden = append(d.hidden, value)
		}
		return value
	})
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
}

func lookUp(kind, name string) (string, error) {
	if kind == "env" {
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		return value, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("cannot read the secret: %w", err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}
