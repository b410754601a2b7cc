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

// traces are what only a build machine knows. They are written in two pieces,
// or this file would hold them itself.
var traces = []struct {
	text string
	// path: it counts only where a path begins, not within a longer one.
	path bool
	// exempt files may hold it.
	exempt *regexp.Regexp
}{
	{text: "/wo" + "rk/", path: true},
	// Rules, cases and made-up logs may speak of an intruder's /tmp.
	{text: "/tm" + "p/", path: true, exempt: regexp.MustCompile(`_test\.go$|testdata/|\.ya?ml$|^ingest/demo/`)},
	{text: "/go/pkg/" + "mod/"},
	{text: "proxy.golang" + ".org"},
	{text: "sum.golang" + ".org"},
	{text: "registry.npmjs" + ".org"},
	{text: "pypi" + ".org"},
	{text: "crates" + ".io"},
	{text: "maven.apache" + ".org"},
	{text: "deb.debian" + ".org"},
}

func machineTraces(t *tree) (breaches []string) {
	for name, text := range t.texts {
		for _, trace := range traces {
			if trace.exempt != nil && trace.exempt.MatchString(name) {
				continue
			}
			if line := find(string(text), trace.text, trace.path); line > 0 {
				breaches = append(breaches, fmt.Sprintf("%s:%d holds %s", name, line, trace.text))
			}
		}
	}
	return breaches
}

// find returns the line in which what stands first, 0 if it stands nowhere.
func find(text, what string, path bool) int {
	for at := 0; ; at += len(what) {
		i := strings.Index(text[at:], what)
		if i < 0 {
			return 0
		}
		if at += i; !path || begins(text, at, len(what)) {
			return 1 + strings.Count(text[:at], "\n")
		}
	}
}

// begins tells whether the n bytes at text[at:] begin a path that goes on
// behind them: "/a/b", but not "x/a/b", "./a/b" or "/a/".
func begins(text string, at, n int) bool {
	before := at == 0 || !strings.ContainsRune("./*-_", rune(text[at-1])) && !isWord(text[at-1])
	return before && at+n < len(text) && isWord(text[at+n])
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
