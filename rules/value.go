package rules

import (
	"bytes"
	"net/netip"
	"unsafe"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// inside holds where a text is an address of the network. An IPv4 address in
// IPv6 clothes (::ffff:10.0.0.1) is the IPv4 address.
type inside struct {
	field  int32
	prefix netip.Prefix
}

func (c *inside) holds(r *run) bool {
	for _, t := range r.raws(c.field) {
		if !mayBeAddress(t) {
			continue
		}
		// A copy would be an allocation for each address. Nothing of the text is
		// kept: an address without zone holds none, and the error is dropped.
		if a, err := netip.ParseAddr(unsafe.String(&t[0], len(t))); err == nil && c.prefix.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// mayBeAddress spares ParseAddr the names of services, whose refusal it would
// make an error of.
func mayBeAddress(t []byte) bool {
	if len(t) < 2 || len(t) > 45 {
		return false
	}
	for _, c := range t {
		if c != '.' && c != ':' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// number holds where a value is a number that compares.
type number struct {
	field   int32
	compare sigma.Comparison
	n       float64
}

func (n *number) holds(r *run) bool {
	for _, v := range r.valuesOf(n.field) {
		if x, ok := numberOf(v); ok && compare(x, n.compare, n.n) {
			return true
		}
	}
	return false
}

func compare(a float64, how sigma.Comparison, b float64) bool {
	switch how {
	case sigma.Less:
		return a < b
	case sigma.LessEqual:
		return a <= b
	case sigma.Greater:
		return a > b
	case sigma.GreaterEqual:
		return a >= b
	default:
		return a == b
	}
}

// refers holds where a text of the field stands to one of the other field as
// the relation says.
type refers struct {
	texts
	other    int32
	relation sigma.Relation
}

func (f *refers) holds(r *run) bool {
	mine, others := f.of(r), texts{f.other, f.cased}.of(r)
	for _, a := range mine {
		for _, b := range others {
			if related(a, f.relation, b) {
				return true
			}
		}
	}
	return false
}

func related(a []byte, how sigma.Relation, b []byte) bool {
	switch how {
	case sigma.Contains:
		return bytes.Contains(a, b)
	case sigma.StartsWith:
		return bytes.HasPrefix(a, b)
	case sigma.EndsWith:
		return bytes.HasSuffix(a, b)
	default:
		return bytes.Equal(a, b)
	}
}

// moment holds where a part of a time compares.
type moment struct {
	field   int32
	part    sigma.TimePart
	compare sigma.Comparison
	n       float64
}

func (m *moment) holds(r *run) bool {
	for _, v := range r.valuesOf(m.field) {
		if ns, ok := timeOf(v); ok && compare(partOf(ns, m.part), m.compare, m.n) {
			return true
		}
	}
	return false
}
