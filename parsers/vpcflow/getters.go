package vpcflow

import (
	"math"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// aliases are the names that Sigma's rules for firewalls use.
var aliases = map[string]string{
	"src-ip": "srcaddr", "dst-ip": "dstaddr", "src-port": "srcport", "dst-port": "dstport",
}

// columnGetter reads a documented column.
func columnGetter(slot int) event.Getter {
	if columns[slot].kind == number {
		return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
			b := at(ev, slot)
			if n, ok := whole(b); ok {
				return append(dst, event.Int64(n))
			}
			return appendText(dst, b)
		})
	}
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		return appendText(dst, at(ev, slot))
	})
}

func appendText(dst []event.Value, b []byte) []event.Value {
	if b == nil {
		return dst
	}
	return append(dst, event.Text(b))
}

// extraGetter reads a column that no documentation knows.
func extraGetter(name string) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		for i, n := range ev.Names {
			if n == name {
				return appendText(dst, at(ev, len(columns)+i))
			}
		}
		return dst
	})
}

// derived is a getter of what is worked out of a whole record.
func derived(of func(f *flow, s *event.Scratch) event.Value) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		var f flow
		f.read(ev)
		return appendValue(dst, of(&f, s))
	})
}

// simple is a getter of what is worked out of single columns: no address is
// read for it, nor anything else of the record.
func simple(of func(f *flow) event.Value) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		f := flow{ev: ev}
		f.readNumbers()
		return appendValue(dst, of(&f))
	})
}

// digits is a getter of a column that counts only if it is a number of at most
// most.
func digits(slot int, most int64) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		b := at(ev, slot)
		if n, ok := whole(b); ok && n <= most && canonicalDigits(b) {
			return append(dst, event.Int64(n))
		}
		return dst
	})
}

func appendValue(dst []event.Value, v event.Value) []event.Value {
	switch v.Kind {
	case event.Null:
		return dst
	case event.JSON:
		return jsonscan.AppendValues(dst, v.Bytes)
	}
	return append(dst, v)
}

func constant(v event.Value) event.Getter {
	return simple(func(*flow) event.Value { return v })
}

// ip is a column that is an address.
func ip(slot int) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		b := at(ev, slot)
		var a addr
		if a.parse(b); !a.valid() {
			return dst
		}
		return append(dst, event.Text(b))
	})
}

// getters are the ECS fields that rules ask for, each at the price of itself.
// The others cost all of Fields.
var getters = func() map[event.Key]event.Getter {
	g := map[event.Key]event.Getter{
		event.KeyDestinationAddress:    columnGetter(colDstAddr),
		event.KeySourceAddress:         columnGetter(colSrcAddr),
		event.KeyDestinationIP:         ip(colDstAddr),
		event.KeySourceIP:              ip(colSrcAddr),
		event.KeyDestinationPort:       digits(colDstPort, 0xFFFF),
		event.KeySourcePort:            digits(colSrcPort, 0xFFFF),
		event.KeySourceBytes:           digits(colBytes, math.MaxInt64),
		event.KeyNetworkBytes:          digits(colBytes, math.MaxInt64),
		event.KeySourcePackets:         digits(colPackets, math.MaxInt64),
		event.KeyNetworkPackets:        digits(colPackets, math.MaxInt64),
		event.KeyNetworkIANANumber:     simple((*flow).ianaNumber),
		event.KeyNetworkDirection:      derived(func(f *flow, _ *event.Scratch) event.Value { return f.direction() }),
		event.KeyNetworkTransport:      simple((*flow).transport),
		event.KeyNetworkType:           derived(func(f *flow, _ *event.Scratch) event.Value { return f.networkType() }),
		event.KeyNetworkCommunityID:    derived((*flow).communityID),
		event.KeyRelatedIP:             derived((*flow).relatedIP),
		event.KeyAWSVpcflowInitiator:   simple((*flow).initiator),
		event.KeyEventAction:           simple(func(f *flow) event.Value { a, _, _ := f.verdict(); return a }),
		event.KeyEventOutcome:          simple(func(f *flow) event.Value { _, o, _ := f.verdict(); return o }),
		event.KeyEventType:             simple(func(f *flow) event.Value { _, _, t := f.verdict(); return t }),
		event.KeyCloudAccountID:        event.GetterFunc(getAccount),
		event.KeyCloudRegion:           event.GetterFunc(getRegion),
		event.KeyCloudAvailabilityZone: columnGetter(colAZID),
		event.KeyCloudInstanceID:       columnGetter(colInstanceID),
		event.KeyCloudProvider:         constant(moduleAWS),
		event.KeyEventModule:           constant(moduleAWS),
		event.KeyEventKind:             constant(kindEvent),
		event.KeyEventCategory:         constant(categories),
		event.KeyEventDataset:          constant(datasetValue),
		event.KeyDataStreamDataset:     constant(datasetValue),
		event.KeyEventReason:           columnGetter(colRejectReason),
		event.KeyTimestamp:             event.GetterFunc(getTime),
		event.KeyEventOriginal:         event.GetterFunc(getRecord),
	}
	for _, o := range ownFields {
		if o.how == asText || o.how == asNumber {
			g[o.key] = columnGetter(int(o.slot))
		}
	}
	return g
}()

func getAccount(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	f := flow{ev: ev}
	return appendValue(dst, f.either(f.account(), ev.Origin.Account, s))
}

func getRegion(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	f := flow{ev: ev}
	return appendValue(dst, f.either(f.at(colRegion), ev.Origin.Region, s))
}

func getTime(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
	return append(dst, event.At(moment(ev)))
}

func getRecord(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
	return append(dst, event.Text(ev.Record))
}

// written are the keys of the fields that have no getter of their own.
var written = map[event.Key]bool{
	event.KeyAWSS3BucketName: true, event.KeyAWSS3ObjectKey: true,
	event.KeyAWSVpcflowExtra: true, event.KeyAWSVpcflowPktSrcaddr: true, event.KeyAWSVpcflowPktDstaddr: true,
	event.KeyAWSVpcflowTCPFlagsArray: true,
	event.KeyBurstwatchDeliveryID:    true, event.KeyBurstwatchRecord: true, event.KeyBurstwatchRepaired: true,
	event.KeyBurstwatchSource: true, event.KeyDataStreamNamespace: true, event.KeyDataStreamType: true,
	event.KeyECSVersion: true, event.KeyEventCreated: true, event.KeyEventDuration: true, event.KeyEventEnd: true,
	event.KeyEventHash: true, event.KeyEventStart: true, event.KeyLogFilePath: true, event.KeyLogOffset: true,
}
