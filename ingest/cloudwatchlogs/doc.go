// Package cloudwatchlogs reads log groups of CloudWatch Logs, of many accounts
// and regions, as their events come.
//
// # What makes it lose nothing
//
// CloudWatch Logs has no feed: FilterLogEvents searches by the time that writers
// gave their events, while an event may be written late, and may be seen late.
// So a position in time is no position. But each event carries the time at
// which AWS took it in, by one clock, and that decides here: an event is of one
// lane by how late it was, and in each lane all that was taken in before a
// moment, the lane's floor, has been delivered.
//
//   - The near lane searches the last minutes at every poll: from the floor back by
//     the overlap, which is as late as its events may be.
//   - The late lanes search further back, the seldomer the further, and find
//     what was written hours or days late; see lanesOf. Streams that nothing was
//     written to since are left out by their lastIngestionTime.
//   - The fill lane reads what was there when a group was met first, from the
//     configured date on, oldest first, beside the near lane.
//
// A pass of a lane goes through its range in slices, each of them read page by
// page to its end: an empty page, or one that is not full, says nothing. When
// everything of a slice has settled, the lane's record moves on. When the pass
// is through, the floor rises to the moment of its begin less the overlap, by
// the clock of AWS, because what is taken in may take that long to be shown.
// Events above the floor are compared by id, so that what is seen again is not
// delivered again; what is below it needs no memory. So the memory does not grow
// with the number of streams or the age of a group. A search hands on whatever
// new it meets, of other lanes too: it is then noted as theirs.
//
// It reads by group, not by stream: Session Manager makes a stream for each
// session and Batch one for each job, so that cursors by stream would grow for
// ever, and requests with them.
//
// It imports ingest, internal/ and the SDK's CloudWatch Logs. The catalogue
// offers it.
package cloudwatchlogs
