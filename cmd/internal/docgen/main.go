// Command docgen writes the reference pages of docs: configuration, commands,
// rules, controls and datasets. Prose stands in pages, one template a page; the
// tables come from what the program itself is made of, so that a page cannot
// say anything else than the program does.
//
// It imports the commands, the catalogue, the configuration and the rules. Run
// it by `make generate`; the checks of `make test` hold its pages current.
package main

//go:generate go run . ../../../docs

import (
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: docgen DOCS")
	}
	ref, err := gather(os.Args[1])
	if err != nil {
		log.Fatal("docgen: ", err)
	}
	all, err := render(ref)
	if err != nil {
		log.Fatal("docgen: ", err)
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644); err != nil { //nolint:gosec // a page for everybody
			log.Fatal("docgen: ", err)
		}
	}
}
