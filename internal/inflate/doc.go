// Package inflate reads gzip (RFC 1952) and the DEFLATE in it (RFC 1951), about
// twice as fast as the libraries for Go do. It exists because unpacking is half
// of what reading CloudTrail costs; whatever does not read logs by the gigabyte
// uses a library.
//
// What pays: a bit buffer of 64 bits that is filled without a branch, tables
// whose entries hold a whole symbol with its extra bits, matches copied sixteen
// bytes at a time beyond their end, and one loop for all of that that asks only
// once a symbol whether input and output have room to spare (fast.go). Where
// they have not, the next symbol is read a byte at a time (slow.go).
//
// It imports nothing of ours. ingest/decode calls it. It is fuzzed against
// klauspost/compress, whose errors it returns.
package inflate
