//go:build !race

package vpcflow

const raced = false
