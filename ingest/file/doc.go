// Package file reads logs from files and folders: plain and compressed, to the
// end or followed as they grow, and from standard input. It polls, so that it
// works on network file systems too.
//
// A file is its content, not its path: it is known by a hash of its begin (its
// fingerprint) and, where it is read on, by the bytes before the position. So a file
// that is renamed, copied and truncated, or rotated and compressed is read on
// where it was left. Device and inode only save work within a run. Where two
// files cannot be told apart, both are read: a record that is delivered twice
// under one id costs less than one that is lost.
//
// It looks at names and sizes in look.go, finds out what an unknown file is in
// identify.go, keeps what it knows in book.go, hands files on in source.go, and
// reads them in body.go.
//
// It imports ingest, ingest/decode and internal/. The catalogue offers it as a
// source; scan uses its listing directly.
package file
