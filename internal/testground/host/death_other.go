//go:build unix && !linux

package main

import "syscall"

// parentDeath has nothing to ask the system for: only Linux knows it.
func parentDeath(*syscall.SysProcAttr) {}
