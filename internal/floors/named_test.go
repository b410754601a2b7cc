package floors

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]+)`")

// TestTheTestsThatAreNamedExist: CONTRIBUTING.md says which test holds what, and a
// test that is renamed is renamed there.
func TestTheTestsThatAreNamedExist(t *testing.T) {
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	readTree(t, os.DirFS("../..")).files(func(_ string, file goFile) {
		for _, d := range file.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				there[f.Name.Name] = true
			}
		}
	})
	named := testName.FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, n := range named {
		if !there[n[1]] {
			t.Errorf("CONTRIBUTING.md names %s, and there is no such test", n[1])
		}
	}
}
