package sigma

import "strings"

// modifierClass groups the modifiers that exclude each other.
type modifierClass uint8

const (
	// transforms change values: text into other texts.
	transforms modifierClass = iota
	// relations say how a value's text and the field's stand to each other.
	relations
	// operators replace the comparison of texts by another.
	operators
	// flags are those of a regular expression.
	flags
	// parts take a number from a time.
	parts
	// general change how matches are combined.
	general
)

// modifiers is every modifier of the specification's appendix, version 2.1.0.
var modifiers = map[string]modifierClass{
	"all": general, "cased": general, "neq": general,
	"contains": relations, "startswith": relations, "endswith": relations,
	"exists": operators, "re": operators, "cidr": operators, "fieldref": operators,
	"lt": operators, "lte": operators, "gt": operators, "gte": operators,
	"i": flags, "m": flags, "s": flags,
	"minute": parts, "hour": parts, "day": parts, "week": parts, "month": parts, "year": parts,
	"base64": transforms, "base64offset": transforms, "utf16": transforms, "utf16le": transforms,
	"utf16be": transforms, "wide": transforms, "windash": transforms, "expand": transforms,
}

// plan is a list of modifiers understood.
type plan struct {
	transforms []string // in the order written
	relation   Relation
	operator   string // "" compares texts
	part       string // "" takes the value as it is
	flags      string
	cased      bool
	all        bool
	differs    bool
}

func (p *plan) compares() bool {
	switch p.operator {
	case "lt", "lte", "gt", "gte":
		return true
	}
	return false
}

// planOf understands the modifiers of one item, or says why they make no
// sense together.
func planOf(names []string, keyword bool) (plan, string) {
	var p plan
	seen := map[string]bool{}
	for _, name := range names {
		class, known := modifiers[name]
		switch {
		case !known:
			return p, unknownModifier(name)
		case seen[name]:
			return p, "modifier |" + name + " stands twice"
		}
		seen[name] = true
		if reason := p.take(name, class); reason != "" {
			return p, reason
		}
	}
	if keyword {
		return p, p.forKeywords()
	}
	return p, p.together(names)
}

func unknownModifier(name string) string {
	known := make([]string, 0, len(modifiers))
	for k := range modifiers {
		known = append(known, k)
	}
	if name == "" {
		return "an empty modifier: nothing stands behind the last |"
	}
	return "unknown modifier |" + name + suggest(name, known)
}

// take notes one modifier.
func (p *plan) take(name string, class modifierClass) string {
	switch class {
	case transforms:
		// What a placeholder stands for is the same before and after a comparison.
		if name != "expand" && (p.operator != "" || p.relation != Same) {
			return "modifier |" + name + " changes the value, so it stands before what compares it"
		}
		p.transforms = append(p.transforms, name)
	case relations:
		if p.relation != Same {
			return "modifiers |contains, |startswith and |endswith exclude each other"
		}
		if p.operator != "" && p.operator != "fieldref" {
			return "modifier |" + name + " cannot be combined with |" + p.operator
		}
		p.relation = map[string]Relation{"contains": Contains, "startswith": StartsWith, "endswith": EndsWith}[name]
	case operators:
		if p.operator != "" {
			return "modifiers |" + p.operator + " and |" + name + " exclude each other"
		}
		if p.relation != Same && name != "fieldref" {
			return "modifier |" + name + " cannot be combined with |contains, |startswith or |endswith"
		}
		p.operator = name
	case flags:
		if p.operator != "re" {
			return "modifier |" + name + " is a flag of a regular expression and stands behind |re"
		}
		p.flags += name
	case parts:
		if p.part != "" {
			return "modifiers |" + p.part + " and |" + name + " exclude each other"
		}
		if p.operator != "" || p.relation != Same {
			return "modifier |" + name + " takes a number from a time, so it stands before what compares it"
		}
		p.part = name
	case general:
		p.cased = p.cased || name == "cased"
		p.all = p.all || name == "all"
		p.differs = p.differs || name == "neq"
	}
	return ""
}

// together finds combinations that each modifier alone does not show.
func (p *plan) together(names []string) string {
	has := func(name string) bool {
		for _, t := range p.transforms {
			if t == name {
				return true
			}
		}
		return false
	}
	for _, t := range p.transforms {
		switch {
		case p.part != "":
			return "modifier |" + t + " needs text, |" + p.part + " gives a number"
		case t == "expand" && (p.operator == "cidr" || p.compares() || p.operator == "re"):
		case p.operator != "":
			return "modifier |" + t + " cannot be combined with |" + p.operator
		}
	}
	switch {
	case has("base64") && has("base64offset"):
		return "modifiers |base64 and |base64offset exclude each other"
	case wides(p.transforms) > 1:
		return "modifiers |wide, |utf16, |utf16le and |utf16be exclude each other"
	case p.part != "" && p.operator != "" && !p.compares():
		return "modifier |" + p.part + " gives a number: |" + p.operator + " cannot compare it"
	case p.part != "" && p.relation != Same:
		return "modifier |" + p.part + " gives a number, which has no beginning or end"
	case p.part != "" && p.cased, p.compares() && p.cased, p.operator == "cidr" && p.cased:
		return "modifier |cased needs text to compare"
	case p.operator == "exists" && len(names) > 1:
		return "modifier |exists stands alone"
	}
	return ""
}

func wides(transforms []string) int {
	n := 0
	for _, t := range transforms {
		if t == "wide" || strings.HasPrefix(t, "utf16") {
			n++
		}
	}
	return n
}

// forKeywords finds modifiers that need a field.
func (p *plan) forKeywords() string {
	switch {
	case p.differs:
		return "modifier |neq needs a field: use not in the condition"
	case p.part != "":
		return "modifier |" + p.part + " needs a field"
	case p.operator != "" && p.operator != "re":
		return "modifier |" + p.operator + " needs a field"
	case p.relation == StartsWith || p.relation == EndsWith:
		return "keywords are looked for anywhere in the event: |startswith and |endswith need a field"
	}
	return p.together(nil)
}
