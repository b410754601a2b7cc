// Package vpcflow writes the made-up studio's VPC flow logs: single rows in
// AWS's default format (version 2) or with the fields up to version 5, a day's
// and night's traffic made of such rows, and the files that hold them. The
// fields and their order follow AWS's VPC guide; every value is invented.
//
// [Flow] is what the story in ingest/demo is told with; [Work] is the bulk
// around it. It imports ingest/demo/studio and ingest/demo/dice.
package vpcflow

import (
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Flow is one row: what one interface saw of one conversation, one way, in one
// minute.
type Flow struct {
	VPC  *studio.VPC
	Host *studio.Host
	// Source and Destination are addresses as they stand in the row.
	Source, Destination         string
	SourcePort, DestinationPort int
	// Protocol is IANA's number.
	Protocol       int
	Packets, Bytes int64
	// Start and End are seconds since 1970.
	Start, End int64
	Reject     bool
	// Status is NODATA or SKIPDATA where there is no traffic to tell of.
	Status string
	// Flags are the TCP flags seen, OR-ed.
	Flags int
	// PacketDestination is the destination behind a NAT gateway, if it differs.
	PacketDestination string
	// Service is the AWS service at the far end, such as S3.
	Service string
	// Egress tells which way; Path is the way out (8 is the internet gateway).
	Egress bool
	Path   int
}

// Format is a record layout: the columns of a row by name.
type Format struct {
	// Header is the first line of each file.
	Header  string
	columns []func([]byte, *Flow) []byte
}

// Default is the format that AWS uses unless told otherwise, version 2.
func Default() *Format {
	return newFormat("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status", "2")
}

// Extended has the fields up to version 5, in the order of AWS's own example.
func Extended() *Format {
	return newFormat("version srcaddr dstaddr srcport dstport protocol start end type packets bytes account-id vpc-id subnet-id instance-id interface-id region az-id sublocation-type sublocation-id action tcp-flags pkt-srcaddr pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction log-status", "5")
}

func newFormat(header, version string) *Format {
	f := &Format{Header: header + "\n"}
	for _, name := range strings.Fields(header) {
		if name == "version" {
			f.columns = append(f.columns, func(b []byte, _ *Flow) []byte { return append(b, version...) })
			continue
		}
		f.columns = append(f.columns, column(name))
	}
	return f
}

// Append appends the row, with its line end.
func (f *Format) Append(b []byte, row *Flow) []byte {
	for i, put := range f.columns {
		if i > 0 {
			b = append(b, ' ')
		}
		b = put(b, row)
	}
	return append(b, '\n')
}

// column knows how a field is written. What depends on traffic is "-" in rows
// that tell of none.
func column(name string) func([]byte, *Flow) []byte {
	if put, always := identity[name]; always {
		return put
	}
	put := traffic[name]
	return func(b []byte, f *Flow) []byte {
		if f.Status != "" {
			return append(b, '-')
		}
		return put(b, f)
	}
}

// identity are the columns that every row has.
var identity = map[string]func([]byte, *Flow) []byte{
	"account-id":   func(b []byte, f *Flow) []byte { return append(b, f.VPC.Account.ID...) },
	"interface-id": func(b []byte, f *Flow) []byte { return append(b, f.Host.Interface...) },
	"vpc-id":       func(b []byte, f *Flow) []byte { return append(b, f.VPC.ID...) },
	"subnet-id":    func(b []byte, f *Flow) []byte { return append(b, f.Host.Subnet.ID...) },
	"instance-id":  func(b []byte, f *Flow) []byte { return text(b, f.Host.Instance) },
	"region":       func(b []byte, f *Flow) []byte { return append(b, f.VPC.Region...) },
	"az-id":        func(b []byte, f *Flow) []byte { return append(b, f.Host.Subnet.Zone...) },
	"start":        func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, f.Start, 10) },
	"end":          func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, f.End, 10) },
	"log-status": func(b []byte, f *Flow) []byte {
		if f.Status == "" {
			return append(b, "OK"...)
		}
		return append(b, f.Status...)
	},
}

var traffic = map[string]func([]byte, *Flow) []byte{
	"srcaddr":  func(b []byte, f *Flow) []byte { return append(b, f.Source...) },
	"dstaddr":  func(b []byte, f *Flow) []byte { return append(b, f.Destination...) },
	"srcport":  func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, int64(f.SourcePort), 10) },
	"dstport":  func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, int64(f.DestinationPort), 10) },
	"protocol": func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, int64(f.Protocol), 10) },
	"packets":  func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, f.Packets, 10) },
	"bytes":    func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, f.Bytes, 10) },
	"action": func(b []byte, f *Flow) []byte {
		if f.Reject {
			return append(b, "REJECT"...)
		}
		return append(b, "ACCEPT"...)
	},
	"type": func(b []byte, f *Flow) []byte {
		if strings.Contains(f.Source, ":") {
			return append(b, "IPv6"...)
		}
		return append(b, "IPv4"...)
	},
	"tcp-flags":        func(b []byte, f *Flow) []byte { return strconv.AppendInt(b, int64(f.Flags), 10) },
	"sublocation-type": func(b []byte, _ *Flow) []byte { return append(b, '-') },
	"sublocation-id":   func(b []byte, _ *Flow) []byte { return append(b, '-') },
	"pkt-srcaddr":      func(b []byte, f *Flow) []byte { return append(b, f.Source...) },
	"pkt-dstaddr": func(b []byte, f *Flow) []byte {
		if f.PacketDestination != "" {
			return append(b, f.PacketDestination...)
		}
		return append(b, f.Destination...)
	},
	"pkt-src-aws-service": func(b []byte, f *Flow) []byte { return service(b, f, !f.Egress) },
	"pkt-dst-aws-service": func(b []byte, f *Flow) []byte { return service(b, f, f.Egress) },
	"traffic-path": func(b []byte, f *Flow) []byte {
		if !f.Egress {
			return append(b, '-')
		}
		return strconv.AppendInt(b, int64(max(f.Path, 1)), 10)
	},
	"flow-direction": func(b []byte, f *Flow) []byte {
		if f.Egress {
			return append(b, "egress"...)
		}
		return append(b, "ingress"...)
	},
}

func service(b []byte, f *Flow, farEnd bool) []byte {
	if !farEnd {
		return append(b, '-')
	}
	return text(b, f.Service)
}

func text(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	return append(b, s...)
}
