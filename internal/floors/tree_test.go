package floors

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
	"testing"
)

const module = "github.com/burstwatch/burstwatch"

// tree is what the laws look at.
type tree struct {
	// texts are all files by name that are text and no larger than a source
	// file can reasonably be.
	texts map[string][]byte
	// packages are the Go files by folder.
	packages map[string][]goFile
}

type goFile struct {
	name   string
	syntax *ast.File
	test   bool
	// generated files answer to the laws of imports alone.
	generated bool
}

const largestText = 1 << 20

func readTree(t *testing.T, root fs.FS) *tree {
	t.Helper()
	all := &tree{map[string][]byte{}, map[string][]goFile{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && outside(name):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		return all.add(root, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// outside tells folders that are no part of the repository: git's own, what
// builds and runs leave behind, editors'.
func outside(name string) bool {
	switch name {
	case ".", ".ci":
		return false
	case "bin", "data":
		return true
	}
	return strings.HasPrefix(path.Base(name), ".")
}

func (t *tree) add(root fs.FS, name string) error {
	if name == ".git" { // of a work tree: it says where its repository lies
		return nil
	}
	text, err := fs.ReadFile(root, name)
	if err != nil || len(text) > largestText || bytes.IndexByte(text, 0) >= 0 {
		return err
	}
	t.texts[name] = text
	if path.Ext(name) != ".go" || strings.HasPrefix(name, ".") || strings.Contains(name, "testdata/") {
		return nil
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	t.packages[dir] = append(t.packages[dir], goFile{
		name:      name,
		syntax:    syntax,
		test:      strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(syntax),
	})
	return nil
}

// files calls f for each Go file.
func (t *tree) files(f func(dir string, file goFile)) {
	for dir, files := range t.packages {
		for _, file := range files {
			f(dir, file)
		}
	}
}
