// Package config reads the two YAML files, strictly: a key that nobody knows, a
// value of the wrong type or a secret that cannot be read is a [Problem] with
// line and column, and all of them are found in one go.
//
// Secrets come in by ${file:PATH} and ${env:NAME}. What was substituted never
// appears in a problem: messages name the place and what was wanted, not the
// value.
//
// It imports internal/plugin for options that validate themselves, the contracts
// of ingest and sinks (it is given their plugins, and knows none by name), and
// pipeline and internal/geo for options of theirs; internal/inventory checks the
// studio file. app and the commands call it.
package config
