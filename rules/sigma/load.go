package sigma

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads all documents of a file. name is for messages and Rule.File.
// Each document is a rule, a filter or a refusal; a file that is no YAML is one
// refusal for what follows the last good document. src is not kept. What one
// document says of others is settled by [Link].
func Parse(name string, src []byte) Documents {
	var out Documents
	src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
	collection := collection{}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			out.Refused = append(out.Refused, notYAML(name, err))
			return out
		}
		if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].ShortTag() == "!!null" {
			continue
		}
		r := &reader{}
		n := collection.resolve(r, doc.Content[0])
		if n == nil && len(r.faults) == 0 {
			continue // a global or reset, which is no rule itself
		}
		r.document(&out, name, n)
	}
}

// decode keeps a fault of the YAML library from ending the program.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(doc)
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func notYAML(name string, err error) Refusal {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = strings.Replace(text, m[0], "", 1)
	}
	reason := "not YAML: " + text
	return Refusal{File: name, Line: line, Column: 1, Reason: reason, Faults: []Fault{{line, 1, reason}}}
}

// document reads one document: a rule, a filter or a refusal.
func (r *reader) document(out *Documents, file string, n *yaml.Node) {
	if n == nil {
		out.Refused = append(out.Refused, r.refusal(file, 1, "", ""))
		return
	}
	switch {
	case n.Kind != yaml.MappingNode:
		r.fault(n, "a rule must be a mapping (key: value), not %s", kindOf(n))
	case has(n, "filter") && !has(n, "detection") && !has(n, "correlation"):
		if f := r.filter(n); len(r.faults) == 0 {
			f.File, f.Hash = file, hash(n)
			out.Filters = append(out.Filters, f)
		}
	default:
		if rule := r.rule(n); len(r.faults) == 0 {
			rule.File, rule.Hash = file, hash(n)
			if rule.ID == "" {
				rule.ID = "unnamed-" + rule.Hash[:16]
			}
			out.Rules = append(out.Rules, rule)
		}
	}
	if len(r.faults) > 0 {
		out.Refused = append(out.Refused, r.refusal(file, n.Line, peek(n, "id"), peek(n, "title")))
	}
}

// has reports whether a document has a key.
func has(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// peek reads a text without complaint.
func peek(n *yaml.Node, key string) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; n.Content[i].Value == key && v.Kind == yaml.ScalarNode {
			return v.Value
		}
	}
	return ""
}

// hash identifies the sections that carry meaning, however they are laid out.
func hash(n *yaml.Node) string {
	h := sha256.New()
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case "logsource", "detection", "correlation", "filter", "detector":
			feed(h, n.Content[i])
			feed(h, n.Content[i+1])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func feed(w io.Writer, n *yaml.Node) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	fmt.Fprintf(w, "%d %s %d %q\n", n.Kind, n.ShortTag(), len(n.Content), n.Value)
	for _, c := range n.Content {
		feed(w, c)
	}
}
