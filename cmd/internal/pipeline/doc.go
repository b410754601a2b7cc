// Package pipeline carries what sources find to every sink, and carries the
// news that it is safe back to the sources. Nothing is lost on the way, and
// what is sent again is sent under the same delivery id.
//
// One goroutine reads each object, never more than Config.Workers at a time
// (one that waits for a log to grow does not count). Each batch is judged and
// rendered there, and shared, not copied, between the queues of the sinks and
// the quarantine. When the last of them has said Done, the position of its
// source may move: there is no other way for it to move. A full queue makes
// the reader wait, and the waiting reader the source; nothing is dropped.
//
// It imports the contracts of the stages, cmd/internal/reader and internal/.
// cmd/internal/app wires and runs it.
package pipeline
