package vpcflow

import "github.com/burstwatch/burstwatch/internal/event"

// The TCP flags that a flow log tells, OR-ed over the interval of the record.
// An ACK is told only together with a SYN.
const (
	flagSYN = 2
	flagACK = 16
)

// initiator says who opened the connection that a record belongs to.
type initiator uint8

const (
	nobodyKnows initiator = iota
	theSource
	theDestination // so the record is a reply
)

// Ports from which connections are not answered but opened: the ephemeral
// ports of Linux and of whoever follows RFC 6056. Windows and IANA begin higher.
const ephemeral = 32768

// opened says who opened the connection:
//
//   - the side that sent a SYN without an ACK, where there are TCP flags;
//   - else, of two ports, the side whose port is of the class that clients have
//     rather: ephemeral (from 32768) rather than registered, registered rather
//     than well known (below 1024). Two ports of one class tell nothing.
//
// Protocols without ports tell nothing.
func (f *flow) opened() initiator {
	if f.protocol == protoTCP && f.flags > 0 && f.flags&flagSYN != 0 {
		if f.flags&flagACK != 0 {
			return theDestination
		}
		return theSource
	}
	if !f.ports || f.srcPort == 0 || f.dstPort == 0 {
		return nobodyKnows
	}
	switch src, dst := portClass(f.srcPort), portClass(f.dstPort); {
	case src > dst:
		return theSource
	case src < dst:
		return theDestination
	}
	return nobodyKnows
}

func portClass(port int64) int {
	switch {
	case port < 1024:
		return 0
	case port < ephemeral:
		return 1
	}
	return 2
}

// Values of network.direction and aws.vpcflow.initiator.
var (
	ingress     = event.Value{Kind: event.Escaped, Bytes: []byte("ingress")}
	egress      = event.Value{Kind: event.Escaped, Bytes: []byte("egress")}
	internal    = event.Value{Kind: event.Escaped, Bytes: []byte("internal")}
	external    = event.Value{Kind: event.Escaped, Bytes: []byte("external")}
	source      = event.Value{Kind: event.Escaped, Bytes: []byte("source")}
	destination = event.Value{Kind: event.Escaped, Bytes: []byte("destination")}
)

// direction says which way the bytes of a record went, whoever had asked for
// them:
//
//   - flow-direction, where the record has it;
//   - egress, where it has a traffic-path, which only egress has;
//   - else by the addresses, those of the packet itself (pkt-srcaddr) before
//     those of the interface: from inside to outside is egress, from outside to
//     inside ingress, inside to inside internal, outside to outside external.
//
// Two global IPv6 addresses tell nothing, because those inside a VPC are global
// too.
func (f *flow) direction() event.Value {
	switch string(f.at(colFlowDirection)) {
	case "ingress":
		return ingress
	case "egress":
		return egress
	}
	if f.at(colTrafficPath) != nil {
		return egress
	}
	src, dst := &f.src, &f.dst
	if f.pktSrc.valid() {
		src = &f.pktSrc
	}
	if f.pktDst.valid() {
		dst = &f.pktDst
	}
	if !src.valid() || !dst.valid() {
		return event.Value{}
	}
	from, to := src.inside(), dst.inside()
	switch {
	case from && to:
		return internal
	case from:
		return egress
	case to:
		return ingress
	case src.size == 16:
		return event.Value{}
	}
	return external
}

func (f *flow) initiator() event.Value {
	switch f.opened() {
	case theSource:
		return source
	case theDestination:
		return destination
	}
	return event.Value{}
}
