//go:build unix

// Command host runs a command, usually `go test`, and beside it the real
// components that tests ask for through internal/testground. It fetches them
// into .cache/testground, starts each at its first use on free ports of the
// loopback interface, and ends them by process group when the command has ended
// or is interrupted.
//
// The Makefile calls it; nothing of the product does. It imports
// internal/testground for the words that both speak.
//
//	go run ./internal/testground/host [-keep] -- COMMAND [ARGUMENTS]
//
// -keep leaves the run's folder, with configurations and logs of all parts, and
// says where it is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/burstwatch/burstwatch/internal/testground"
)

func main() {
	keep := flag.Bool("keep", false, "leave the run's folder and say where it is")
	flag.Parse()
	code, err := run(flag.Args(), *keep)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testground:", err)
	}
	os.Exit(code)
}

// run returns the exit code of the command.
func run(command []string, keep bool) (int, error) {
	if len(command) == 0 {
		return 2, errors.New("name the command to run, as in: go run ./internal/testground/host -- go test ./internal/testground")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if socket := os.Getenv(testground.Variable); socket != "" {
		return attend(ctx, command, socket) // within another one: its parts do
	}
	root, err := repository()
	if err != nil {
		return 1, err
	}
	dir, err := runFolder()
	if err != nil {
		return 1, err
	}
	if keep {
		fmt.Fprintln(os.Stderr, "testground: the parts' files stay in", dir)
	} else {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	g, err := open(ctx, filepath.Join(root, ".cache", "testground"), dir)
	if err != nil {
		return 1, err
	}
	defer g.close()
	return attend(ctx, command, g.socket)
}

// attend runs the command to its end. An interrupt reaches it from the terminal
// or through us, and it is waited for a while, so that it ends before what it uses.
func attend(ctx context.Context, command []string, socket string) (int, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), testground.Variable+"="+socket)
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("%s: %w", command[0], err)
	}
	return 0, nil
}

// repository is the folder of go.mod, at or above the working directory.
func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.mod here or above: run it within the repository")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// runFolder is a new folder that other users may walk through, because
// Elasticsearch refuses to run as root and is then run as nobody.
func runFolder() (string, error) {
	dir, err := os.MkdirTemp("", "testground-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // see above; what is secret lies in folders below
}
