package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
)

const (
	fileLines     = 200
	functionLines = 20
	shown         = 10
)

type size struct {
	lines int
	what  string
}

// printSizes lists the longest files and functions. It is advice and never
// fails: a table or a hot loop may be long, and the reader decides. The linter
// holds the bound past which a reason must be written down.
func printSizes([]string) error {
	names, err := sourceFiles()
	if err != nil {
		return err
	}
	var files, functions []size
	for _, name := range names {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		lines, funcs, err := measure(name)
		if err != nil {
			return err
		}
		if lines > fileLines {
			files = append(files, size{lines, name})
		}
		functions = append(functions, funcs...)
	}
	printLongest("files", fileLines, files)
	printLongest("functions", functionLines, functions)
	return nil
}

// measure returns a file's lines and its long functions; generated files have none.
func measure(name string) (int, []size, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, nil, err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(f) {
		return 0, nil, err
	}
	var long []size
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		from, to := fset.Position(fn.Body.Lbrace), fset.Position(fn.Body.Rbrace)
		if n := to.Line - from.Line - 1; n > functionLines {
			long = append(long, size{n, fmt.Sprintf("%s:%d %s", name, from.Line, fn.Name.Name)})
		}
	}
	return bytes.Count(text, []byte("\n")), long, nil
}

func printLongest(what string, limit int, all []size) {
	slices.SortFunc(all, func(a, b size) int {
		return cmp.Or(cmp.Compare(b.lines, a.lines), cmp.Compare(a.what, b.what))
	})
	fmt.Printf("advice: %d %s are longer than %d lines\n", len(all), what, limit)
	for _, s := range all[:min(len(all), shown)] {
		fmt.Printf("  %4d  %s\n", s.lines, s.what)
	}
}
