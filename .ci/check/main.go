// Command check runs the repository's tests and checks for the Makefile and CI.
//
// It wraps `go test` where its own output is not enough for an unattended run:
// it names every skipped test, runs every fuzz target for a bounded time, proves
// that generated files are current, and lists what has grown too long. It lives
// in the module of the development tools, so that the product depends on none
// of it, and uses the standard library alone, so that it runs before anything
// was downloaded.
//
//	go run -C .ci ./check test [-name N] [-dir D] [--] [go test's flags and packages]
//	go run -C .ci ./check fuzz [-time 5s] [-total 5m]
//	go run -C .ci ./check generated
//	go run -C .ci ./check sizes
package main

import (
	"fmt"
	"os"
)

// commands maps a command's name to what it does. Each is run in the
// repository's root and returns an error that a person can act on.
var commands = map[string]func(args []string) error{
	"test":      runTests,
	"fuzz":      runFuzz,
	"generated": checkGenerated,
	"sizes":     printSizes,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("which check? one of: test, fuzz, generated, sizes")
	}
	// `go run -C .ci` starts us in .ci; the repository is its parent.
	if err := os.Chdir(".."); err != nil {
		return err
	}
	return commands[args[0]](args[1:])
}
