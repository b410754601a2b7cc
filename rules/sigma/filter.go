package sigma

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Filter is a document that narrows other rules: an event matches one of them
// only if it meets the filter's condition too. "condition: not selection" takes
// out what the selection describes.
type Filter struct {
	ID, Title, Description string
	// Date and Modified are as YYYY-MM-DD.
	Date, Modified string
	Taxonomy       string
	LogSource      LogSource
	// Any is set where the filter is for every rule of its log source; else
	// Rules names them.
	Any       bool
	Rules     []*Reference
	Detection Detection
	// File and Line are where the document begins; Hash identifies what it
	// means.
	File string
	Line int
	Hash string
}

// Name is how a person may call the filter.
func (f *Filter) Name() string {
	if f.Title != "" {
		return f.Title
	}
	return f.ID
}

var filterKeys = []string{"title", "id", "name", "description", "author", "references", "date", "modified", "status", "taxonomy", "logsource", "filter"}

// filter reads the document of a filter.
func (r *reader) filter(n *yaml.Node) *Filter {
	out := &Rule{}
	f := &Filter{Line: n.Line}
	seen := map[string]bool{}
	for _, p := range r.mapping(n, "the filter") {
		seen[p.name] = true
		switch p.name {
		case "logsource":
			f.LogSource = r.logSource(p.value)
		case "filter":
			r.filterSection(f, p.value)
		case "level", "detection", "correlation":
			r.fault(p.key, "%s has no meaning in a filter", p.name)
		default:
			if !slices.Contains(filterKeys, p.name) && !custom(p.name) {
				r.fault(p.key, "unknown key %s in a filter%s; a key of your own begins with x-", quote(p.name), suggest(p.name, filterKeys))
			} else if !r.words(out, p) {
				r.lists(out, p)
			}
		}
	}
	for _, k := range []string{"title", "logsource", "filter"} {
		if !seen[k] {
			r.fault(n, "the filter has no %s", k)
		}
	}
	f.ID, f.Title, f.Description, f.Date, f.Modified, f.Taxonomy = out.ID, out.Title, out.Description, out.Date, out.Modified, out.Taxonomy
	return f
}

// filterSection reads what is under the key filter: the rules, and a detection.
func (r *reader) filterSection(f *Filter, n *yaml.Node) {
	body := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Line: n.Line, Column: n.Column}
	var rules *yaml.Node
	for _, p := range r.mapping(n, "filter") {
		if p.name == "rules" {
			rules = p.value
			continue
		}
		body.Content = append(body.Content, p.key, p.value)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	if rules == nil {
		r.fault(n, "filter has no rules; rules: any means every rule of its log source")
	} else {
		r.filtered(f, rules)
	}
	if len(body.Content) == 0 || len(body.Content) == 2 && body.Content[0].Value == "condition" {
		r.fault(n, "filter has no selection")
	}
	f.Detection = r.detection(body)
}

// filtered reads the references. "any" stands for all rules.
func (r *reader) filtered(f *Filter, n *yaml.Node) {
	names := r.textOrTexts(n, "rules", 256)
	r.once(n, "rules", names)
	if len(names) == 0 && n.Kind == yaml.SequenceNode {
		r.fault(n, "rules is an empty list; rules: any means every rule of the filter's log source")
	}
	for i, name := range names {
		at := n
		if n.Kind == yaml.SequenceNode {
			at = n.Content[i]
		}
		if strings.EqualFold(name, "any") {
			f.Any = true
			if len(names) > 1 {
				r.fault(at, "any stands alone: it means every rule of the filter's log source")
			}
			continue
		}
		f.Rules = append(f.Rules, &Reference{Text: name, Line: at.Line, Column: at.Column})
	}
}

// covers reports whether the filter's log source is the rule's, or wider.
func (f *Filter) covers(l LogSource) bool {
	same := func(mine, its string) bool { return mine == "" || mine == its }
	return same(f.LogSource.Product, l.Product) && same(f.LogSource.Service, l.Service) && same(f.LogSource.Category, l.Category)
}
