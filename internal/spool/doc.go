// Package spool is a queue on disk: what waits for a sink that is down, so that
// the sources and the other sinks go on meanwhile.
//
// It is a folder of segments, spool-00000001.seg and so on, each a run of
// frames with one [Record] each. Segments are only appended to, and only by the
// process that made them. Beside a segment that was read in part lies its
// .ack file, which says how far. The order of what is durable is: write, sync,
// and only then the caller may acknowledge; on the other end the sink has it,
// then the .ack says so, then the segment is removed. A crash at any point
// costs nothing but repeats, and those only of what the last .ack does not
// know yet.
//
// A frame has a checksum over its payload and its place. One that is damaged
// costs itself alone: it is handed out as [Damage], to be kept elsewhere, and
// reading goes on at the next frame that is whole.
//
// What is written must be redacted already. It imports internal/event. The
// pipeline has one spool a sink: one goroutine writes it, one reads it.
package spool
