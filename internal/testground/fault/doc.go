// Package fault stands between a client and a server in tests and spoils what
// goes over the wire, at a place that the test chooses: [Wire] for TCP, [HTTP]
// for requests and answers.
//
// It is of the standard library alone. Shopify's toxiproxy does more, but brings
// ten modules and an API server for what a test says in two lines, and cannot
// cut at the n-th byte of one direction. Tests of sources, sinks and
// internal/aws call it.
package fault
