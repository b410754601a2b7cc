//go:build unix

package main

import "context"

const (
	pluginSource     = ""
	pluginDescriptor = ""
)

func buildPlugin(context.Context, string) error { return nil }
