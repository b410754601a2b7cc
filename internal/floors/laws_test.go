package floors

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// stages know internal/ and themselves.
var stages = map[string]bool{"ingest": true, "parsers": true, "rules": true, "sinks": true}

// mayImport is the law of floors for packages of ours, by their path in the module.
func mayImport(from, to string) bool {
	floor, target := first(from), first(to)
	switch {
	case floor == "cmd":
		return true
	case floor == "internal":
		return target == "internal"
	case stages[floor]:
		return target == "internal" || target == floor
	}
	return false
}

func first(dir string) string {
	floor, _, _ := strings.Cut(dir, "/")
	return floor
}

func importsUpward(t *tree) (breaches []string) {
	t.files(func(dir string, file goFile) {
		for _, spec := range file.syntax.Imports {
			to, ours := strings.CutPrefix(importPath(spec), module+"/")
			if ours && !mayImport(dir, to) {
				breaches = append(breaches, fmt.Sprintf("%s imports %s", file.name, to))
			}
		}
	})
	return breaches
}

// blankImports are those that stand for no registration of ours.
var blankImports = map[string]string{
	"embed":              "the go:embed directive asks for it",
	"modernc.org/sqlite": "database/sql knows drivers by name only",
}

// importEffects finds what runs because a package is imported. Plugins are
// listed in the catalogue, so that what a program holds can be read there.
func importEffects(t *tree) (breaches []string) {
	t.files(func(dir string, file goFile) {
		for _, spec := range file.syntax.Imports {
			name := importPath(spec)
			blank := spec.Name != nil && spec.Name.Name == "_"
			ours := strings.HasPrefix(name, module)
			if blank && blankImports[name] == "" && (ours || first(dir) != "cmd") {
				breaches = append(breaches, fmt.Sprintf("%s imports %s for its side effects", file.name, name))
			}
		}
		for _, d := range file.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "init" && !file.generated {
				breaches = append(breaches, file.name+" has a func init")
			}
		}
	})
	return breaches
}

func importPath(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return name
}

var emptyName = regexp.MustCompile(`^(util|utils|common|helper|helpers|misc|shared|base|lib)$`)

func emptyNames(t *tree) (breaches []string) {
	for dir := range t.packages {
		if emptyName.MatchString(path.Base(dir)) {
			breaches = append(breaches, dir+": the name says nothing")
		}
	}
	return breaches
}

// closedDoors finds packages whose comment does not say what they are for.
func closedDoors(t *tree) (breaches []string) {
	for dir, files := range t.packages {
		doc, name, product := doorOf(files)
		switch {
		case !product:
		case doc == "":
			breaches = append(breaches, dir+": the package has no comment")
		case !strings.HasPrefix(doc, opening(dir, name)):
			breaches = append(breaches, dir+": the comment does not begin with the package's name")
		case sentences(doc) < 2:
			breaches = append(breaches, dir+": the comment is one sentence: say also who calls it, what it imports, or why it is as it is")
		}
	}
	return breaches
}

// opening is how the comment of a package begins, as godoc has it.
func opening(dir, name string) string {
	if name == "main" {
		return "Command " + path.Base(dir) + " "
	}
	return "Package " + name + " "
}

// doorOf finds the package's comment; product tells that it is not tests alone.
func doorOf(files []goFile) (doc, name string, product bool) {
	for _, f := range files {
		if f.test {
			continue
		}
		product, name = true, f.syntax.Name.Name
		if text := f.syntax.Doc.Text(); text != "" && !f.generated {
			doc = text
		}
	}
	return doc, name, product
}

var sentenceEnd = regexp.MustCompile(`[.!?:](\s|$)`)

func sentences(text string) int { return len(sentenceEnd.FindAllString(text, -1)) }

// traces are what only a build machine knows. Written as patterns that do not
// match themselves.
var traces = []struct {
	pattern *regexp.Regexp
	exempt  *regexp.Regexp
}{
	{regexp.MustCompile(`(^|[^\w./*-])/work/[\w.]+`), nil},
	{regexp.MustCompile(`/go/pkg/mod[/]`), nil},
	// Rules, cases and made-up logs may speak of an intruder's /tmp.
	{regexp.MustCompile(`(^|[^\w.*])/tmp/\w+`), regexp.MustCompile(`_test\.go$|testdata/|\.ya?ml$|^ingest/demo/`)},
	{regexp.MustCompile(`\b(proxy|sum)\.golang\.org\b|\bregistry\.npmjs\.org\b|\bpypi\.org\b|\bcrates\.io\b|\brepo\d?\.maven\.(apache\.)?org\b|\bdeb\.debian\.org\b`), nil},
}

func machineTraces(t *tree) (breaches []string) {
	for name, text := range t.texts {
		for _, trace := range traces {
			if trace.exempt != nil && trace.exempt.MatchString(name) {
				continue
			}
			if found := trace.pattern.Find(text); found != nil {
				breaches = append(breaches, fmt.Sprintf("%s holds %q", name, strings.TrimSpace(string(found))))
			}
		}
	}
	return breaches
}
