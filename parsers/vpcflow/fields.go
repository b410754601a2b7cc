package vpcflow

import (
	"encoding/binary"
	"slices"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

const dataset = "aws.vpcflow"

// Values that stand in every document.
var (
	datasetValue = ecs.Constant(dataset)
	moduleAWS    = ecs.Constant("aws")
	kindEvent    = ecs.Constant("event")
	categories   = event.RawJSON([]byte(`["network"]`))
)

// own is a field of aws.vpcflow that comes from one column, or is worked out
// at its place among them.
type own struct {
	key  event.Key
	slot uint16
	how  uint8
}

// How an own field is written.
const (
	asText uint8 = iota
	asNumber
	asPktSrc
	asPktDst
	asFlagNames
	asInitiator
	asExtra
)

// ownFields are those of aws.vpcflow in key order, ownV2 those that a record of
// version 2 can have.
var ownFields, ownV2 = makeOwn()

func makeOwn() (all, v2 []own) {
	all = []own{
		{event.KeyAWSVpcflowExtra, 0, asExtra},
		{event.KeyAWSVpcflowInitiator, 0, asInitiator},
		{event.KeyAWSVpcflowTCPFlagsArray, colTCPFlags, asFlagNames},
	}
	for i, c := range columns {
		if !c.own {
			continue
		}
		o := own{c.key, uint16(i), asText}
		switch {
		case i == colPktSrcAddr:
			o.how = asPktSrc
		case i == colPktDstAddr:
			o.how = asPktDst
		case c.key.Definition().Type == "long":
			o.how = asNumber
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b own) int { return int(a.key) - int(b.key) })
	for _, o := range all {
		if o.how == asInitiator || o.how == asText && o.slot < columnsV2 {
			v2 = append(v2, o)
		}
	}
	return all, v2
}

// writer appends fields in key order, leaving out those that are Null.
type writer struct {
	dst  []event.Field
	text event.Kind // of the record's columns
}

func (w *writer) put(k event.Key, v event.Value) {
	if v.Kind != event.Null {
		w.dst = append(w.dst, event.Field{Key: k, Value: v})
	}
}

// column puts text as it stands in the record.
func (w *writer) column(k event.Key, b []byte) {
	if b != nil {
		w.dst = append(w.dst, event.Field{Key: k, Value: event.Value{Kind: w.text, Bytes: b}})
	}
}

// Fields appends every ECS field; see event.Schema. It is one long list because
// fields are born in key order, and each is looked at once.
func (x schema) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field { //nolint:funlen // a list
	ev.DeliveryID = x.ID(ev, s)
	ev = x.clean(ev)
	var f flow
	f.read(ev)
	action, outcome, types := f.verdict()
	w := writer{dst: dst, text: event.String}
	if ev.Flags&noteClean != 0 || clean(ev.Record) {
		w.text = event.Escaped // nothing to escape: copied as it is
	}

	w.put(event.KeyTimestamp, event.At(moment(ev)))
	w.dst = ecs.Object(w.dst, ev, s)
	f.own(&w, s)
	w.dst = ecs.Burstwatch(w.dst, ev, event.Value{}, s)

	w.put(event.KeyCloudAccountID, f.either(f.account(), ev.Origin.Account, s))
	w.column(event.KeyCloudAvailabilityZone, f.at(colAZID))
	w.column(event.KeyCloudInstanceID, f.at(colInstanceID))
	w.put(event.KeyCloudProvider, moduleAWS)
	w.put(event.KeyCloudRegion, f.either(f.at(colRegion), ev.Origin.Region, s))

	w.dst = ecs.DataStream(w.dst, datasetValue)

	w.column(event.KeyDestinationAddress, f.at(colDstAddr))
	if f.dst.valid() {
		w.column(event.KeyDestinationIP, f.at(colDstAddr))
	}
	w.put(event.KeyDestinationPort, f.portValue(colDstPort))
	w.dst = ecs.ECSVersion(w.dst)

	start, hasStart := f.seconds(colStart)
	end, hasEnd := f.seconds(colEnd)
	w.put(event.KeyEventAction, action)
	w.put(event.KeyEventCategory, categories)
	w.put(event.KeyEventCreated, event.At(ev.Created))
	w.put(event.KeyEventDataset, datasetValue)
	if hasStart && hasEnd && end >= start {
		w.put(event.KeyEventDuration, event.Int64(end-start))
	}
	if hasEnd {
		w.put(event.KeyEventEnd, event.At(end))
	}
	w.put(event.KeyEventHash, ecs.Hash(ev, s))
	w.put(event.KeyEventKind, kindEvent)
	w.put(event.KeyEventModule, moduleAWS)
	w.column(event.KeyEventOriginal, ev.Record)
	w.put(event.KeyEventOutcome, outcome)
	w.column(event.KeyEventReason, f.at(colRejectReason))
	if hasStart {
		w.put(event.KeyEventStart, event.At(start))
	}
	w.put(event.KeyEventType, types)

	w.dst = ecs.Log(w.dst, ev, s)

	octets, packets := f.num(colBytes), f.num(colPackets)
	w.put(event.KeyNetworkBytes, octets)
	w.put(event.KeyNetworkCommunityID, f.communityID(s))
	w.put(event.KeyNetworkDirection, f.direction())
	w.put(event.KeyNetworkIANANumber, f.ianaNumber())
	w.put(event.KeyNetworkPackets, packets)
	w.put(event.KeyNetworkTransport, f.transport())
	w.put(event.KeyNetworkType, f.networkType())
	w.put(event.KeyRelatedIP, f.relatedIP(s))
	w.column(event.KeySourceAddress, f.at(colSrcAddr))
	w.put(event.KeySourceBytes, octets)
	if f.src.valid() {
		w.column(event.KeySourceIP, f.at(colSrcAddr))
	}
	w.put(event.KeySourcePackets, packets)
	w.put(event.KeySourcePort, f.portValue(colSrcPort))
	return w.dst
}

// moment is the event's time, or when it was read where it has none: a document
// without @timestamp is refused by Elasticsearch's data streams.
func moment(ev *event.Event) int64 {
	if ev.Time != 0 {
		return ev.Time
	}
	return ev.Created
}

// own puts the fields of aws.vpcflow.
func (f *flow) own(w *writer, s *event.Scratch) {
	table := ownFields
	if len(f.ev.Slots) <= columnsV2 {
		table = ownV2
	}
	for i := range table {
		o := &table[i]
		switch o.how {
		case asText:
			w.column(o.key, f.at(int(o.slot)))
		case asNumber:
			w.put(o.key, f.num(int(o.slot)))
		case asPktSrc:
			if f.pktSrc.valid() {
				w.column(o.key, f.at(int(o.slot)))
			}
		case asPktDst:
			if f.pktDst.valid() {
				w.column(o.key, f.at(int(o.slot)))
			}
		case asFlagNames:
			w.put(o.key, f.flagNames())
		case asInitiator:
			w.put(o.key, f.initiator())
		case asExtra:
			w.put(o.key, f.extra(s))
		}
	}
}

// flagNames are the names of the TCP flags. Other protocols have a 0 there.
func (f *flow) flagNames() event.Value {
	if f.flags < 0 || f.protocol != protoTCP && f.flags == 0 {
		return event.Value{}
	}
	return tcpFlagArrays[f.flags]
}

// extra is an object of the columns that no documentation knows.
func (f *flow) extra(s *event.Scratch) event.Value {
	if len(f.ev.Names) == 0 {
		return event.Value{}
	}
	buf := append(s.Grab(), '{')
	for i, name := range f.ev.Names {
		v := f.at(len(columns) + i)
		if v == nil {
			continue
		}
		if len(buf) > 1 {
			buf = append(buf, ',')
		}
		buf = append(append(append(buf, '"'), name...), `":`...)
		buf = event.AppendValue(buf, event.Text(v))
	}
	out := s.Copy(append(buf, '}'))
	s.Release(buf)
	if len(out) == 2 {
		return event.Value{}
	}
	return event.RawJSON(out)
}

// either is a column, or else what the origin's name says.
func (f *flow) either(column []byte, named string, s *event.Scratch) event.Value {
	if column != nil {
		return event.Text(column)
	}
	if named == "" {
		return event.Value{}
	}
	return event.Text(append(s.Alloc(len(named)), named...))
}

func (f *flow) portValue(slot int) event.Value {
	if _, ok := port(f.at(slot)); !ok {
		return event.Value{}
	}
	return f.num(slot)
}

func (f *flow) ianaNumber() event.Value {
	if f.protocol < 0 {
		return event.Value{}
	}
	return event.Value{Kind: event.Escaped, Bytes: f.at(colProtocol)}
}

// clean reports whether the record can stand in a JSON string as it is.
func clean(b []byte) bool {
	odd := uint64(0)
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		odd |= w | (w - ones*0x20) | (quote - ones) | (slash - ones)
	}
	for _, c := range b[i:] {
		if c < 0x20 || c >= 0x80 || c == '"' || c == '\\' {
			return false
		}
	}
	return odd&highs == 0
}
