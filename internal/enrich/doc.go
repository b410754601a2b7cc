// Package enrich joins what is known besides the logs, the studio file's
// inventory and databases of locations, and writes it into events: whose
// network, whose key, which production and tier, which place.
//
// [Knowledge] is one state of all that; detectors ask it directly.
//
// It imports internal/event, internal/inventory and internal/geo. cmd wires it.
package enrich
