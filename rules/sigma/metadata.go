package sigma

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// known are the keys of a rule: those of the specification, the two of
// SigmaHQ's own convention for regression tests, and ours.
var known = []string{
	"title", "id", "name", "related", "taxonomy", "status", "description", "license", "references", "author",
	"date", "modified", "logsource", "detection", "fields", "falsepositives", "level", "tags", "scope",
	"regression_tests_path", "simulation", "burstwatch", "correlation", "detector",
}

// custom is a key of somebody's own: the specification allows any, but a
// misspelled key must not pass for one, so it has to be namespaced.
func custom(key string) bool {
	return strings.HasPrefix(key, "x-") || strings.HasPrefix(key, "x_") || strings.Contains(key, ".")
}

var tagForm = regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)

// rule reads the document of a rule: of a detection, a correlation, or the
// header of a detector.
func (r *reader) rule(n *yaml.Node) *Rule {
	out := &Rule{Line: n.Line, Level: Medium, Taxonomy: "sigma"}
	seen := map[string]*yaml.Node{}
	for _, p := range r.mapping(n, "the rule") {
		seen[p.name] = p.key
		if !r.words(out, p) && !r.lists(out, p) {
			r.sections(out, p)
		}
	}
	r.complete(n, seen)
	out.levelGiven = seen["level"] != nil
	r.generate(out, n, seen["generate"])
	r.checkCases(out)
	return out
}

// complete refuses a rule that lacks a section, or has too many.
func (r *reader) complete(n *yaml.Node, seen map[string]*yaml.Node) {
	kind, needs, excludes := "detection", []string{"title", "logsource", "detection"}, []string{"generate"}
	switch {
	case seen["correlation"] != nil:
		kind, needs, excludes = "correlation", []string{"title"}, []string{"detection", "detector", "logsource"}
	case seen["detector"] != nil:
		kind, needs, excludes = "detector", []string{"title"}, []string{"detection", "generate"}
	}
	for _, k := range needs {
		if seen[k] == nil {
			r.fault(n, "the rule has no %s", k)
		}
	}
	for _, k := range excludes {
		if seen[k] == nil {
			continue
		}
		why := "has no meaning beside " + kind
		if k == "logsource" {
			why = "has no meaning in a correlation, which has the log sources of its rules"
		}
		r.fault(seen[k], "%s %s", k, why)
	}
}

// generate reads the key beside correlation, where the schema has it; inside of
// correlation, where others write it, it was read before.
func (r *reader) generate(out *Rule, n, at *yaml.Node) {
	if at == nil || out.Correlation == nil {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "generate" {
			if v := r.real(n.Content[i+1]); v != nil {
				out.Correlation.Generate = r.yes(v, "generate")
			}
		}
	}
}

// words reads the keys that have one value.
func (r *reader) words(out *Rule, p pair) bool {
	switch p.name {
	case "title":
		if out.Title = r.text(p.value, "title", 256); strings.TrimSpace(out.Title) == "" && p.value.ShortTag() == "!!str" {
			r.fault(p.value, "title is empty")
		}
	case "id":
		if out.ID = r.text(p.value, "id", 256); strings.ContainsAny(out.ID, " \t\r\n") || out.ID == "" && p.value.ShortTag() == "!!str" {
			r.fault(p.value, "id must be a UUID, or a word without spaces")
		}
	case "name":
		out.Name = r.text(p.value, "name", 256)
	case "description":
		out.Description = r.text(p.value, "description", 65535)
	case "license":
		out.License = r.text(p.value, "license", 256)
	case "author":
		for a := range strings.SplitSeq(r.text(p.value, "author", 4096), ",") {
			if a = strings.TrimSpace(a); a != "" {
				out.Authors = append(out.Authors, a)
			}
		}
	case "date":
		out.Date = r.date(p.value, "date")
	case "modified":
		out.Modified = r.date(p.value, "modified")
	case "taxonomy":
		if out.Taxonomy = r.text(p.value, "taxonomy", 256); out.Taxonomy != "sigma" && out.Taxonomy != "ecs" {
			r.fault(p.value, "taxonomy %s is not known: sigma and ecs are", quote(out.Taxonomy))
		}
	case "status":
		r.status(out, p.value)
	case "level":
		level, ok := ParseLevel(r.text(p.value, "level", 64))
		if !ok {
			r.fault(p.value, "level must be one of %s, not %s", strings.Join(levels[:], ", "), quote(p.value.Value))
		}
		out.Level = level
	default:
		return false
	}
	return true
}

var statuses = []string{"stable", "test", "experimental", "deprecated", "unsupported"}

func (r *reader) status(out *Rule, n *yaml.Node) {
	out.Status = r.text(n, "status", 64)
	switch {
	case out.Status == "unsupported":
		r.fault(n, "status: unsupported, by which its author says that the rule cannot be used as it is")
	case !slices.Contains(statuses, out.Status):
		r.fault(n, "status must be one of %s, not %s", strings.Join(statuses, ", "), quote(out.Status))
	}
}

// lists reads the keys that have a list of texts.
func (r *reader) lists(out *Rule, p pair) bool {
	switch p.name {
	case "references":
		out.References = r.texts(p.value, "references")
	case "fields":
		out.Fields = r.texts(p.value, "fields")
	case "falsepositives":
		out.FalsePositives = r.textOrTexts(p.value, "falsepositives", 65535)
	case "scope":
		out.Scope = r.texts(p.value, "scope")
	case "tags":
		for i, t := range r.texts(p.value, "tags") {
			if !tagForm.MatchString(t) {
				r.fault(p.value.Content[i], "tag %s: a tag is namespace.name in lower-case letters, digits, - and _", quote(t))
			}
			out.Tags = append(out.Tags, t)
		}
	default:
		return false
	}
	return true
}

// sections reads the keys with parts of their own.
func (r *reader) sections(out *Rule, p pair) {
	switch p.name {
	case "related":
		out.Related = r.related(p.value)
	case "logsource":
		out.LogSource = r.logSource(p.value)
	case "detection":
		out.Detection = r.detection(p.value)
	case "burstwatch":
		out.Header = r.header(p.value)
	case "correlation":
		out.Correlation = r.correlation(p.value)
	case "detector":
		if out.Detector = r.text(p.value, "detector", 64); out.Detector == "" && p.value.ShortTag() == "!!str" {
			r.fault(p.value, "detector is empty")
		}
	case "regression_tests_path", "simulation", "generate":
	default:
		if !custom(p.name) {
			r.fault(p.key, "unknown key %s%s; a key of your own begins with x-", quote(p.name), suggest(p.name, known))
		}
	}
}

var relationTypes = []string{"derived", "obsolete", "merged", "renamed", "similar"}

func (r *reader) related(n *yaml.Node) []Related {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "related must be a list of id and type, not %s", kindOf(n))
		return nil
	}
	var out []Related
	for _, c := range n.Content {
		var x Related
		for _, p := range r.mapping(c, "an entry of related") {
			switch p.name {
			case "id":
				x.ID = r.text(p.value, "id", 256)
			case "type":
				if x.Type = r.text(p.value, "type", 64); !slices.Contains(relationTypes, x.Type) {
					r.fault(p.value, "type must be one of %s, not %s", strings.Join(relationTypes, ", "), quote(x.Type))
				}
			default:
				r.fault(p.key, "unknown key %s in related%s", quote(p.name), suggest(p.name, []string{"id", "type"}))
			}
		}
		out = append(out, x)
	}
	return out
}

func (r *reader) logSource(n *yaml.Node) LogSource {
	var out LogSource
	keys := map[string]*string{"category": &out.Category, "product": &out.Product, "service": &out.Service, "definition": &out.Definition}
	for _, p := range r.mapping(n, "logsource") {
		if to, ok := keys[p.name]; ok {
			*to = r.text(p.value, p.name, 65535)
		} else if !custom(p.name) {
			r.fault(p.key, "unknown key %s in logsource%s; a key of your own begins with x-", quote(p.name),
				suggest(p.name, []string{"category", "product", "service", "definition"}))
		}
	}
	if out.Category == "" && out.Product == "" && out.Service == "" && n.Kind == yaml.MappingNode {
		r.fault(n, "logsource names no category, product or service")
	}
	return out
}
