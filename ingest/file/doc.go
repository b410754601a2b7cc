// Package file reads logs from files and folders: plain and compressed, to the
// end or followed as they grow, and from standard input.
//
// It imports internal/ alone. The catalogue offers it as a source; scan uses its
// listing directly.
package file
