// Command bench measures burstwatch as a whole process against gunzip of the
// same files, in adjacent pairs within one run, and prints the table of
// docs/benchmarks.md. `make bench` runs it.
//
// It compares user CPU time, not wall time, and ratios, not seconds: on a shared
// machine both halves of a pair meet the same weather. It imports the bench
// helpers of rules and nothing else of ours; what it measures is the binary.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "gunzip" {
		if err := gunzip(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "download" {
		if err := download(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	binary := flag.String("burstwatch", "bin/burstwatch", "the binary to measure")
	pairs := flag.Int("pairs", 5, "adjacent pairs measured for each row")
	data := flag.String("data", ".cache/bench", "folder for the data; made when it is not there")
	only := flag.String("only", "", "measure only rows whose name contains this")
	flag.Parse()
	b := &bench{binary: *binary, pairs: *pairs, data: *data, only: *only, corpus: os.Getenv("BURSTWATCH_CORPUS")}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
