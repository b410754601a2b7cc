package sigma

import "go.yaml.in/yaml/v3"

// collection carries what documents of one file pass on to later ones by the
// key action: global holds for all that follow, until reset; repeat takes the
// previous document and changes it. They come from the first version of Sigma
// and are still written.
type collection struct {
	global, previous *yaml.Node
}

// resolve returns the document as it stands once its action is carried out,
// nil if it only sets something for others.
func (c *collection) resolve(r *reader, n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	body, action := withoutAction(n)
	switch {
	case action == nil:
		c.previous = merge(c.global, body)
	case action.Value == "global":
		c.global = merge(c.global, body)
		return nil
	case action.Value == "reset":
		c.global = nil
		return nil
	case action.Value == "repeat" && c.previous == nil:
		r.fault(action, "action: repeat has no document before it to repeat")
		return nil
	case action.Value == "repeat":
		c.previous = merge(c.previous, body)
	default:
		r.fault(action, "action must be global, reset or repeat, not %s", quote(action.Value))
		return nil
	}
	c.previous.Line, c.previous.Column = n.Line, n.Column
	return c.previous
}

// withoutAction takes the key action out of a document.
func withoutAction(n *yaml.Node) (body, action *yaml.Node) {
	body = &yaml.Node{Kind: n.Kind, Tag: n.Tag, Line: n.Line, Column: n.Column}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "action" {
			action = n.Content[i+1]
			continue
		}
		body.Content = append(body.Content, n.Content[i], n.Content[i+1])
	}
	return body, action
}

// merge lays over onto under: mappings are merged key by key, all else is
// replaced. Neither is changed; nodes keep their places, for messages.
func merge(under, over *yaml.Node) *yaml.Node {
	if under == nil || under.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := &yaml.Node{Kind: over.Kind, Tag: over.Tag, Line: over.Line, Column: over.Column}
	out.Content = append(out.Content, under.Content...)
next:
	for i := 0; i+1 < len(over.Content); i += 2 {
		for j := 0; j+1 < len(under.Content); j += 2 {
			if out.Content[j].Value == over.Content[i].Value {
				out.Content[j] = over.Content[i]
				out.Content[j+1] = merge(out.Content[j+1], over.Content[i+1])
				continue next
			}
		}
		out.Content = append(out.Content, over.Content[i], over.Content[i+1])
	}
	return out
}
