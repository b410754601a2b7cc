// Package app is the service: it makes sources, rules and sinks of a
// configuration, joins them by a pipeline, serves the page, and runs until it is
// told to stop. A test can embed it; the run and demo commands do.
//
// It imports every stage through cmd/internal/catalog.
package app
