package main

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// readSkips reads the skips that are expected: one regular expression a line,
// matched against "package.Test: reason". Blank lines and lines that begin
// with # are comments; each entry is to have one that says why.
func readSkips(path string) ([]*regexp.Regexp, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the list of expected skips: %w", err)
	}
	var all []*regexp.Regexp
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		re, err := regexp.Compile(line)
		if err != nil {
			return nil, &fs.PathError{Op: "parse", Path: fmt.Sprintf("%s:%d", path, n+1), Err: err}
		}
		all = append(all, re)
	}
	return all, nil
}

// reasonOf finds what a test said when it skipped itself.
func reasonOf(output string) string {
	var reason []string
	for _, line := range strings.Split(output, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--- ") {
			reason = append(reason, line)
		}
	}
	if len(reason) == 0 {
		return "no reason given"
	}
	return strings.Join(reason, " ")
}

// printSkips lists the skipped tests and returns how many were not expected.
func (r *report) printSkips(expected []*regexp.Regexp) (unexpected int) {
	for i, s := range r.skips {
		if i == 0 {
			fmt.Fprintln(r.w, "skipped:")
		}
		line := fmt.Sprintf("%s.%s: %s", s.pkg, s.test, s.reason)
		mark := "  "
		if !matchesAny(expected, line) {
			mark = "! "
			unexpected++
		}
		fmt.Fprintln(r.w, mark+line)
	}
	return unexpected
}

func matchesAny(all []*regexp.Regexp, s string) bool {
	for _, re := range all {
		if re.MatchString(s) {
			return true
		}
	}
	return false
}
