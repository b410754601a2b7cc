package sigma

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// json writes a value as JSON, keys in the order of the file.
func (r *reader) json(b *bytes.Buffer, n *yaml.Node, depth int) {
	if n = r.real(n); n == nil {
		b.WriteString("null")
		return
	}
	if depth > 64 {
		r.fault(n, "a record nests deeper than 64 levels")
		b.WriteString("null")
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, p := range r.mapping(n, "a record") {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(p.name))
			b.WriteByte(':')
			r.json(b, p.value, depth+1)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			r.json(b, c, depth+1)
		}
		b.WriteByte(']')
	default:
		r.jsonScalar(b, n)
	}
}

func (r *reader) jsonScalar(b *bytes.Buffer, n *yaml.Node) {
	switch n.ShortTag() {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		b.WriteString(strconv.FormatBool(isTrue(strings.ToLower(n.Value))))
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			r.fault(n, "the number %s is none in JSON: write it in quotes, or as plain digits", n.Value)
			b.WriteString("null")
			return
		}
		b.WriteString(n.Value)
	default:
		b.Write(quoted(n.Value))
	}
}

// quoted is s as a JSON string, with <, > and & as they are.
func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) //nolint:errcheck // a string into memory
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
