// Package cli holds the commands of burstwatch, one a file: their flags, their
// help, and what they print. What they do stands elsewhere: scan in
// cmd/internal/scan, the service in cmd/internal/app.
//
// It may import everything; only cmd/burstwatch calls it. Data goes to standard
// output and everything else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Build is what the linker knows.
type Build struct{ Version, Commit string }

// Streams are the standard streams. Terminal and Width describe Out.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal is set where Out is one; Width is its columns.
	Terminal bool
	Width    int
	// ErrTerminal is set where Err is a terminal: progress is drawn there.
	ErrTerminal bool
}

// Std are the process's own streams.
func Std() Streams {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Width: 100}
	s.Terminal = term.IsTerminal(int(os.Stdout.Fd()))
	s.ErrTerminal = term.IsTerminal(int(os.Stderr.Fd()))
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
		s.Width = w
	}
	return s
}

// exit is an error that ends the program with a code of its own. A nil Err
// means that everything was said already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// The exit codes of the contract.
const (
	exitFailure = 1
	exitUsage   = 2
	exitFailOn  = 3
	exitStopped = 130 // as shells have it for SIGINT
)

// Main runs the command that args name and returns the exit code: 0 success, 1
// failure, 2 usage, 3 an alert at or above scan's --fail-on.
func Main(b Build, args []string, std Streams) int {
	ctx, stop := interruptible(std.Err)
	defer stop()
	root := newRoot(b, std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var e exit
	if !errors.As(err, &e) {
		e = exit{code: exitFailure, err: err}
	}
	if e.err != nil {
		fmt.Fprintln(std.Err, "burstwatch:", e.err)
	}
	return e.code
}

// oneStroke is how long signals count as one: timeout(1) and some shells send
// theirs to the process and to its group.
const oneStroke = 300 * time.Millisecond

// interruptible ends ctx at the first SIGINT or SIGTERM, so that the command
// drains; the second one ends the process at once.
func interruptible(w io.Writer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		first := time.Now()
		for {
			select {
			case <-signals:
				if time.Since(first) < oneStroke {
					continue
				}
				fmt.Fprintln(w, "burstwatch: stopped at once; what was under way will be read again")
				os.Exit(exitStopped)
			case <-done:
				return
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel() }
}

func newRoot(b Build, std Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "burstwatch",
		Short: "Turn a studio's AWS and render farm logs into events, alerts and evidence",
		Long: "Burstwatch reads the logs of every AWS account of a studio, turns each record into one\n" +
			"ECS event, judges it by detection rules, and ships events and alerts.",
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return exit{exitUsage, fmt.Errorf("%w\nsee: %s --help", err, c.CommandPath())}
	})
	root.AddCommand(
		newScan(b, std), newRun(b, std), newDemo(b, std), newValidate(std), newSetup(std), newRules(std), newStatus(std), newQuarantine(std), newReplay(b, std), newVersion(b, std))
	root.InitDefaultCompletionCmd() // now, so that it is treated like the others
	groups(root)
	usageErrors(root)
	return root
}

// groups makes commands that only hold others print their help, and refuse what
// is none of theirs: cobra takes a misspelt one for a wish for help.
func groups(c *cobra.Command) {
	if !c.HasSubCommands() {
		return
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no command %s; %s --help lists them", args[0], c.CommandPath())
		}
		return nil
	}
	for _, sub := range c.Commands() {
		groups(sub)
	}
}

// noArgs refuses arguments.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, but was given %s", c.CommandPath(), args[0])
	}
	return nil
}

// some wants arguments, exactly wants one; what says what they are.
func some(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New("it wants " + what)
		}
		return nil
	}
}

func exactly(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("it wants %s, and was given %d arguments", what, len(args))
		}
		return nil
	}
}

// usageErrors makes wrong arguments end with the code for usage. cobra reports
// them like any other error.
func usageErrors(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return exit{exitUsage, fmt.Errorf("%w\nusage: %s", err, strings.TrimSpace(c.UseLine()))}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}
