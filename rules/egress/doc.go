// Package egress finds what leaves a studio's networks and should not: content
// networks deny by default, so that whatever they reach beyond their list is a
// case, whatever the bytes.
//
// A [Detector] knows the networks (from the studio file) and the threat lists;
// its rules are YAML files beside this one, each with "detector: NAME" where a
// Sigma rule has its detection:
//
//	egress.unexpected  a content network reached what is not on its list
//	egress.time        the same, but only to ask public time servers
//	egress.crossed     one production's network reached another's
//	egress.volume      more was sent out in an hour than ever before
//	egress.new         a network or country was reached for the first time
//	egress.threat      an address, network or name of a threat list
//	egress.names       names asked of the resolver for the first time
//	egress.gap         flow logs that were not recorded: not judged, not silent
//
// # Who reached whom
//
// A connection has two records, one for each way, and often on two interfaces.
// Judged is who opened it (aws.vpcflow.initiator: by the TCP flags, else by the
// ports), so answers and late replies are those of whoever asked. What nobody
// can tell (ICMP, two ports of one class) counts only towards public addresses:
// inside a studio it is somebody's question as likely as an answer. An answer to
// a public address that only its ports call an answer is kept apart, because
// whoever steals chooses his ports; much of it is a case of its own level.
// Behind NAT the packet's own addresses (pkt-srcaddr, pkt-dstaddr) count.
//
// Allowed are a network's own addresses, its may_reach, licence servers,
// repositories and bastions, and gateway endpoints (traffic-path 7). That an
// address belongs to a cloud provider allows nothing: everybody can rent one.
//
// # Cost
//
// Nearly all records stay inside. A pair of addresses is judged once and
// remembered, so that such a record costs two look-ups of text. What leaves is
// summed up per batch (rules/detect/gather). The rules of one Detector share a
// worker's memory of pairs by event.Scratch.
//
// The package imports internal/ and rules/detect; cmd wires it.
package egress
