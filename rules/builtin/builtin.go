// Package builtin holds Burstwatch's own rules: one Sigma file a rule, with the
// controls of the studio security checklist that it watches, what a person
// should do, and its cases. It imports nothing; package rules reads it.
package builtin

import "embed"

// Files are the rules, one folder a subject.
//
//go:embed */*.yml
var Files embed.FS
