package sigma

import (
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Template is the message of an alert with places for fields:
//
//	{user.name}               an ECS field of the event
//	{requestParameters.name}  a field of the record, redacted
//	{who}                     the person, or else the service or key, that acted
//	{where}                   the address or service that it came from
//	{account}                 the account's name, or else its number
//	{refused}                 " (refused: AccessDenied)" if it came to nothing, else nothing
//	{a|b|'text'}              the first that the event has, or else the text
//
// {{ is a brace. What the event lacks reads "unknown".
type Template []TemplatePart

// TemplatePart is text, or a place for a field.
type TemplatePart struct {
	// Text is literal text, where Names is empty, or else what stands where
	// the event has none of the names.
	Text  string
	Names []string
}

// Refused is the name in templates that stands for the failure of an act.
const Refused = "refused"

// ParseTemplate reads a template; reason says what is wrong with it.
func ParseTemplate(s string) (t Template, reason string) {
	var text strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			break
		}
		text.WriteString(s[:i])
		switch {
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			text.WriteByte(s[i])
			s = s[i+2:]
			continue
		case s[i] == '}':
			return nil, "a } without its {; write }} for the character"
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return nil, "a { without its }; write {{ for the character"
		}
		part, reason := place(s[i+1 : i+end])
		if reason != "" {
			return nil, reason
		}
		if text.Len() > 0 {
			t = append(t, TemplatePart{Text: text.String()})
			text.Reset()
		}
		t, s = append(t, part), s[i+end+1:]
	}
	text.WriteString(s)
	if text.Len() > 0 {
		t = append(t, TemplatePart{Text: text.String()})
	}
	return t, ""
}

func place(s string) (TemplatePart, string) {
	part := TemplatePart{Text: "unknown"}
	for name := range strings.SplitSeq(s, "|") {
		name = strings.TrimSpace(name)
		if len(name) >= 2 && name[0] == '\'' && name[len(name)-1] == '\'' {
			part.Text = name[1 : len(name)-1]
			continue
		}
		if reason := checkName(name); reason != "" {
			return part, reason
		}
		part.Names = append(part.Names, name)
	}
	if len(part.Names) == 1 && part.Names[0] == Refused {
		part.Text = ""
	}
	if len(part.Names) == 0 {
		return part, fmt.Sprintf("{%s} names no field", s)
	}
	return part, ""
}

// checkName refuses names that look like ECS and are not: a misspelled field
// would read "unknown" for ever.
func checkName(name string) string {
	if name == "" {
		return "{} names no field"
	}
	if _, ok := event.KeyOf(name); ok {
		return ""
	}
	for prefix := name; prefix != ""; {
		prefix = prefix[:max(0, strings.LastIndexByte(prefix, '.'))]
		if k, ok := event.KeyOf(prefix); ok && k.Definition().Type == "flattened" {
			return ""
		}
	}
	first, _, dotted := strings.Cut(name, ".")
	for k := range event.Keys {
		if root, _, _ := strings.Cut(event.Key(k).String(), "."); dotted && root == first {
			return fmt.Sprintf("{%s}: there is no such ECS field", name)
		}
	}
	return ""
}
