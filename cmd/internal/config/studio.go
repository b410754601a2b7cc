package config

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

// LoadStudio reads, checks and indexes a studio file. "" gives an empty studio,
// which is legal, and has no index. The error is a [Problems] with everything
// that is wrong.
func LoadStudio(file string) (*inventory.Studio, *inventory.Index, error) {
	s := &inventory.Studio{}
	if file == "" {
		return s, nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the studio file: %w", err)
	}
	return ParseStudio(file, text)
}

// ParseStudio is LoadStudio of a file's text.
func ParseStudio(file string, text []byte) (*inventory.Studio, *inventory.Index, error) {
	s := &inventory.Studio{}
	d := &decoder{file: file}
	root := d.root(text)
	if root == nil {
		return s, nil, d.problems.orNil()
	}
	d.structs(root, "", s)
	index, err := inventory.Compile(s)
	var faults inventory.Faults
	errors.As(err, &faults)
	broken := map[string]bool{}
	for _, p := range d.problems {
		broken[p.Key] = true
	}
	for _, f := range faults {
		if !broken[f.Key] { // what could not be read has been said already
			d.fail(locate(root, f.Key), f.Key, "%s", f.Reason)
		}
	}
	return s, index, d.problems.orNil()
}

// locate finds the node of a key such as sites[2].cidrs[0], or of the nearest
// part around it that is there.
func locate(n *yaml.Node, key string) *yaml.Node {
	for _, part := range strings.Split(key, ".") {
		name, rest, _ := strings.Cut(part, "[")
		next := child(n, name)
		if next == nil {
			return n
		}
		n = resolved(next)
		for _, index := range strings.Split(rest, "[") {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil || n.Kind != yaml.SequenceNode || i >= len(n.Content) {
				break // one scalar may stand for a list of one
			}
			n = resolved(n.Content[i])
		}
	}
	return n
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
