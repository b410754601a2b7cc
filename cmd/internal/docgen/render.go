package main

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

//go:embed pages
var pages embed.FS

// render makes every page, by the name of its file.
func render(ref *reference) (map[string][]byte, error) {
	t, err := template.New("").Funcs(words).ParseFS(pages, "pages/*.tmpl")
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, page := range t.Templates() {
		name, ok := strings.CutSuffix(page.Name(), ".md.tmpl")
		if !ok {
			continue // a part of pages
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "<!-- Generated from cmd/internal/docgen/pages/%s by `make generate`: edit that, or the code. -->\n", page.Name())
		if err := page.Execute(&b, ref); err != nil {
			return nil, err
		}
		out[name+".md"] = b.Bytes()
	}
	return out, nil
}

// words are what templates say things by.
var words = template.FuncMap{
	"cell":   cell,
	"code":   code,
	"codes":  codes,
	"join":   strings.Join,
	"logs":   logsOf,
	"para":   para,
	"step":   func(s string) string { return placeholder.ReplaceAllString(para(s), "*$1*") },
	"anchor": anchor,
	"trim":   strings.TrimSpace,
}

// cell makes text one line that fits a table.
func cell(s string) string { return strings.ReplaceAll(para(s), "|", `\|`) }

// code quotes text that is typed; nothing stays nothing.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func codes(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = code(s)
	}
	return strings.Join(quoted, ", ")
}

// para makes one line of wrapped text. What Markdown would take for its own is
// escaped, but in what is quoted as code already.
func para(s string) string {
	parts := strings.Split(strings.Join(strings.Fields(s), " "), "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = escaper.Replace(parts[i])
	}
	return strings.Join(parts, "`")
}

var escaper = strings.NewReplacer("*", `\*`, "<", "&lt;", "[", `\[`)

// placeholder is a field in a rule's text, filled in when there is an alert.
var placeholder = regexp.MustCompile(`\{([a-z.]+)\}`)

// anchor is how GitHub links to the heading "10.11 Name".
func anchor(number, name string) string {
	s := strings.ToLower(strings.TrimSpace(number + " " + name))
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(s, ""), " ", "-")
}

var notInAnchor = regexp.MustCompile(`[^a-z0-9 _-]`)
