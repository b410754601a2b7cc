// Package keyuse finds misuse of KMS keys by whose key it is, what it is for and
// who uses it: what a key policy cannot show and a rule over single events does
// not know.
//
// A [Detector] knows keys, roles and accounts from the studio file; its rules
// are YAML files beside this one, each with "detector: NAME":
//
//	keyuse.foreign  a production's key used by a principal of another, or of nobody's
//	keyuse.purpose  a key used by a role whose duty it is not: a render role and the logs' key
//	keyuse.admin    one principal administers keys and uses them, within a week
//	keyuse.grant    a grant to a principal outside the key's production
//	keyuse.wrap     a key used after its production has wrapped
//	keyuse.rate     a key opened far more often than ever before
//
// Rotation switched off, deletion, deleted material, open policies and single
// refusals need one event only: they are rules of rules/builtin.
//
// # What counts as use
//
// Decrypt, Encrypt, GenerateDataKey…, ReEncrypt…, signing: direct, or by a
// service in somebody's name (userIdentity.invokedBy). Attempts that were refused
// count, and are told apart. Reading about keys (Describe, Get, List) counts for
// nothing, refused or not: the console does so all day.
//
// A call into another account is logged twice, there and here, under one
// sharedEventID; it counts once, as the caller's own account tells it.
//
// The package imports internal/ and rules/detect; cmd wires it.
package keyuse
