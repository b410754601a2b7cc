//go:build race

package vpcflow

// raced: the race detector keeps on the heap what otherwise stays on the stack.
const raced = true
