// Command burstwatch pulls the logs of a studio's AWS accounts and render farm,
// turns each record into one ECS event, judges it, and ships events and alerts.
//
// This file knows flags and signals only through cmd/internal/cli, which holds
// one command a file.
package main

import (
	"os"

	"github.com/burstwatch/burstwatch/cmd/internal/cli"
)

// Set by the linker (see the Makefile).
var (
	version = "dev"
	commit  = "unknown"
)

func main() {
	os.Exit(cli.Main(cli.Build{Version: version, Commit: commit}, os.Args[1:], cli.Std()))
}
