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
// Each document is either a rule or a refusal; a file that is no YAML is one
// refusal for what follows the last good document. src is not kept.
func Parse(name string, src []byte) ([]*Rule, []Refusal) {
	var rules []*Rule
	var refused []Refusal
	src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
	collection := collection{}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if errors.Is(err, io.EOF) {
			return rules, refused
		}
		if err != nil {
			return rules, append(refused, notYAML(name, err))
		}
		if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].ShortTag() == "!!null" {
			continue
		}
		r := &reader{}
		n := collection.resolve(r, doc.Content[0])
		if n == nil && len(r.faults) == 0 {
			continue // a global or reset, which is no rule itself
		}
		rule, refusal := r.document(name, n)
		if refusal != nil {
			refused = append(refused, *refusal)
		} else {
			rules = append(rules, rule)
		}
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

// document reads one document, a rule or a refusal.
func (r *reader) document(file string, n *yaml.Node) (*Rule, *Refusal) {
	if n == nil {
		x := r.refusal(file, 1, "", "")
		return nil, &x
	}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "a rule must be a mapping (key: value), not %s", kindOf(n))
	} else if kind := other(n); kind != "" {
		r.other(n, kind)
	} else if rule := r.rule(n); len(r.faults) == 0 {
		rule.File = file
		rule.Hash = hash(n)
		if rule.ID == "" {
			rule.ID = "unnamed-" + rule.Hash[:16]
		}
		return rule, nil
	}
	x := r.refusal(file, n.Line, peek(n, "id"), peek(n, "title"))
	return nil, &x
}

// other names the kind of document that is no detection rule.
func other(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i].Value; k == "correlation" || k == "filter" {
			return k
		}
	}
	return ""
}

// other refuses correlations and filters by name, until they are judged.
func (r *reader) other(n *yaml.Node, kind string) {
	r.notYet = true
	at, detail := n, ""
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == kind {
			at = n.Content[i]
			if v := n.Content[i+1]; kind == "correlation" && v.Kind == yaml.MappingNode {
				detail = " (" + peek(v, "type") + ")"
			}
		}
	}
	r.fault(at, "%s rules%s are not judged yet", kind, detail)
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

// hash identifies log source and detection, however they are laid out.
func hash(n *yaml.Node) string {
	h := sha256.New()
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i].Value; k == "logsource" || k == "detection" {
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
