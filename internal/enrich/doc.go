// Package enrich joins what is known besides the logs, the studio file's
// inventory and databases of locations, and writes it into events: whose
// network, whose key, which production and tier, which place.
//
// [Knowledge] is one state of all that; detectors ask it directly. An
// [Enricher] puts it into events by standing before their schemas: what rules
// ask for is derived when they ask, the rest where a document is written, and
// no parser knows of it.
//
// It imports internal/event, internal/inventory and internal/geo. cmd wires it.
package enrich
