//go:build unix

package main

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
)

// pluginSource supplies `GET /` and the analysis parts of the index of API keys.
//
//go:embed plugin/TestPlugin.java
var pluginSource string

// pluginDescriptor names the one version of Elasticsearch that takes it.
//
//go:embed plugin/plugin-descriptor.properties
var pluginDescriptor string

// buildPlugin compiles the plugin against the distribution at home and puts it there.
func buildPlugin(ctx context.Context, home string) error {
	dir := filepath.Join(home, "plugins", "testground")
	classes, err := os.MkdirTemp("", "testground-plugin-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(classes) }()
	source := filepath.Join(classes, "TestPlugin.java")
	if err := errors.Join(
		os.WriteFile(source, []byte(pluginSource), 0o600),
		os.MkdirAll(dir, 0o755), //nolint:gosec // nobody is to read it
		os.WriteFile(filepath.Join(dir, "plugin-descriptor.properties"), []byte(pluginDescriptor), 0o644), //nolint:gosec // the same
		command(ctx, classes, "javac", "-nowarn", "-proc:none", "-cp", filepath.Join(home, "lib", "*"), "-d", classes, source),
		os.RemoveAll(source),
	); err != nil {
		return err
	}
	jar := filepath.Join(dir, "testground.jar")
	return errors.Join(command(ctx, classes, "jar", "cf", jar, "."), os.Chmod(jar, 0o644)) //nolint:gosec // the same
}
