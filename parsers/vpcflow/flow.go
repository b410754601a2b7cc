package vpcflow

import (
	"github.com/burstwatch/burstwatch/internal/event"
)

// flow is a record with its numbers and addresses read: what the derived
// fields are worked out from. It lives on the stack of whoever asks.
type flow struct {
	ev *event.Event
	// src and dst are the addresses of the interface and its peer, pktSrc and
	// pktDst those of the packet itself, behind NAT or a load balancer.
	src, dst, pktSrc, pktDst addr
	// srcPort and dstPort mean something where ports is set.
	srcPort, dstPort int64
	ports            bool
	// protocol is the IANA number, -1 where there is none.
	protocol int64
	// flags are the TCP flags, -1 where there are none.
	flags int64
}

func (f *flow) read(ev *event.Event) {
	f.ev = ev
	f.src.parse(f.at(colSrcAddr))
	f.dst.parse(f.at(colDstAddr))
	f.readNumbers()
	if len(ev.Slots) <= columnsV2 {
		return
	}
	f.pktSrc.parse(f.at(colPktSrcAddr))
	f.pktDst.parse(f.at(colPktDstAddr))
}

// readNumbers reads all but the addresses.
func (f *flow) readNumbers() {
	f.protocol, f.flags = -1, -1
	if n, ok := whole(f.at(colProtocol)); ok && n < 256 {
		f.protocol = n
	}
	var src, dst bool
	f.srcPort, src = port(f.at(colSrcPort))
	f.dstPort, dst = port(f.at(colDstPort))
	f.ports = src && dst
	if n, ok := whole(f.at(colTCPFlags)); ok && n < 256 {
		f.flags = n
	}
}

// at is the column of a documented slot, nil where the record has none.
func (f *flow) at(slot int) []byte { return at(f.ev, slot) }

func at(ev *event.Event, slot int) []byte {
	if slot >= len(ev.Slots) {
		return nil
	}
	return ev.At(slot)
}

// num is a column of digits as they stand in the line, Null for anything that
// is no JSON number.
func (f *flow) num(slot int) event.Value {
	b := f.at(slot)
	if _, ok := whole(b); !ok || !canonicalDigits(b) {
		return event.Value{}
	}
	return event.RawJSON(b)
}

// seconds is a column of seconds since 1970, as nanoseconds.
func (f *flow) seconds(slot int) (int64, bool) {
	n, ok := whole(f.at(slot))
	return n * 1e9, ok && n <= maxSeconds
}

func (f *flow) transport() event.Value {
	if f.protocol < 0 {
		return event.Value{}
	}
	return transports[f.protocol]
}

var (
	ipv4 = event.Value{Kind: event.Escaped, Bytes: []byte("ipv4")}
	ipv6 = event.Value{Kind: event.Escaped, Bytes: []byte("ipv6")}
)

// networkType is that of the addresses, or what the record says of itself where
// it has none. EFA is a kind of interface, not of address.
func (f *flow) networkType() event.Value {
	switch f.src.size | f.dst.size {
	case 4:
		return ipv4
	case 16:
		return ipv6
	}
	switch string(f.at(colType)) {
	case "IPv4":
		return ipv4
	case "IPv6":
		return ipv6
	}
	return event.Value{}
}

var (
	accept  = event.Value{Kind: event.Escaped, Bytes: []byte("accept")}
	reject  = event.Value{Kind: event.Escaped, Bytes: []byte("reject")}
	success = event.Value{Kind: event.Escaped, Bytes: []byte("success")}
	failure = event.Value{Kind: event.Escaped, Bytes: []byte("failure")}

	connection        = event.RawJSON([]byte(`["connection"]`))
	connectionAllowed = event.RawJSON([]byte(`["connection","allowed"]`))
	connectionDenied  = event.RawJSON([]byte(`["connection","denied"]`))
)

// verdict is what event.action, event.outcome and event.type say of the
// action. Transit gateways, and intervals without data, have none.
func (f *flow) verdict() (action, outcome, types event.Value) {
	switch string(f.at(colAction)) {
	case "ACCEPT":
		return accept, success, connectionAllowed
	case "REJECT":
		return reject, failure, connectionDenied
	}
	return event.Value{}, event.Value{}, connection
}

// account is the owner of the interface: the record's, or else that of the
// name it was read under.
func (f *flow) account() []byte {
	if b := f.at(colAccountID); b != nil && string(b) != "unknown" {
		return b
	}
	return nil
}

// relatedIP is the array of all addresses, sorted, each once.
func (f *flow) relatedIP(s *event.Scratch) event.Value {
	var list [4][]byte
	n := 0
	for i, a := range [4]*addr{&f.src, &f.dst, &f.pktSrc, &f.pktDst} {
		if a.valid() {
			n = insert(&list, n, f.at([4]int{colSrcAddr, colDstAddr, colPktSrcAddr, colPktDstAddr}[i]))
		}
	}
	if n == 0 {
		return event.Value{}
	}
	size := 1
	for _, ip := range list[:n] {
		size += len(ip) + 3
	}
	out := append(s.Alloc(size), '[')
	for i, ip := range list[:n] {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), ip...), '"')
	}
	return event.RawJSON(append(out, ']'))
}

// insert puts ip at its place among the first n of list, unless it is there.
func insert(list *[4][]byte, n int, ip []byte) int {
	i := 0
	for i < n && string(list[i]) < string(ip) {
		i++
	}
	if i < n && string(list[i]) == string(ip) {
		return n
	}
	copy(list[i+1:n+1], list[i:n])
	list[i] = ip
	return n + 1
}
