package main

import "syscall"

// parentDeath makes a child end with us, even if we are killed and can end
// nothing ourselves.
func parentDeath(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
