// Package event holds the one shape that every log record takes inside Burstwatch.
//
// An [Event] is a record as it was read, the spans of its fields inside that
// record, and the [Schema] that knows what the spans mean. Nothing is copied or
// computed until somebody asks: rules read single fields through a [Getter],
// and the whole ECS document is derived and written only for a sink or an alert.
// A map for each record would cost more than gunzip of the same bytes, which is
// why there is none.
//
// A [Batch] owns the memory that its events point into, and is given back by
// the last holder. The ECS fields themselves are one table, schema.tsv, from
// which the keys, the document writer and docs/schema.md are generated.
//
// The package imports nothing of ours. Every stage imports it.
package event

//go:generate go run ./schemagen
