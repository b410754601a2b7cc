//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

const (
	stopSignal     = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
)

// process is a command line and what it runs with.
type process struct {
	dir  string
	env  []string // behind our own environment
	args []string
	// nobody: run as the user nobody if we are root.
	nobody bool
}

// nobody is the user and group of that name on Debian and most others.
const nobody = 65534

// running is a started process group.
type running struct {
	pid     int
	done    chan struct{}
	err     error // what Wait said, once done is closed
	logFrom int64
}

// spawner starts all processes from one thread that never ends: Linux kills a
// child with the thread that made it, see parentDeath.
type spawner struct{ work chan func() }

func newSpawner() *spawner {
	s := &spawner{make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range s.work {
			f()
		}
	}()
	return s
}

// start runs a process in a group of its own; its output is appended to a log.
func (s *spawner) start(p process, log string) (*running, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	at, err := out.Seek(0, 2)
	if err != nil {
		return nil, err
	}
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = out, out
	started := make(chan error)
	s.work <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	r := &running{pid: cmd.Process.Pid, done: make(chan struct{}), logFrom: at}
	go func() {
		r.err = cmd.Wait()
		close(r.done)
	}()
	return r, nil
}

// command prepares a process without a context: it lives until it is killed.
func (p process) command() *exec.Cmd {
	cmd := exec.Command(p.args[0], p.args[1:]...) //nolint:noctx // see above
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	parentDeath(cmd.SysProcAttr)
	if p.nobody && os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

// kill ends the group and waits for the end of its leader.
func (r *running) kill() error {
	err := syscall.Kill(-r.pid, syscall.SIGKILL)
	<-r.done
	if errors.Is(err, syscall.ESRCH) {
		return nil // it had ended by itself
	}
	return err
}

func (in *instance) signal(s syscall.Signal) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.run == nil {
		return errors.New("it does not run")
	}
	return syscall.Kill(-in.run.pid, s)
}
