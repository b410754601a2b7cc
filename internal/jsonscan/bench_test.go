package jsonscan_test

import (
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// parameters look like what calls to EC2 bring with them.
var parameters = []byte(`{"instanceType":"m5.large","maxCount":1,"disableApiTermination":false,"items":[` +
	strings.Repeat(`{"groupId":"sg-0123456789abcdef0","ipProtocol":"tcp","fromPort":443,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8","description":"render nodes to licence server"}]},"tags":null},`, 20) + `{}]}`)

func BenchmarkSkip(b *testing.B) {
	b.SetBytes(int64(len(parameters)))
	for b.Loop() {
		if _, f := jsonscan.Skip(parameters, 0); f != jsonscan.OK {
			b.Fatal(f)
		}
	}
}

func BenchmarkPath(b *testing.B) {
	var s event.Scratch
	var values []event.Value
	for name, path := range map[string]string{"deep": "items.ipRanges.items.cidrIp", "absent": "items.ipRanges.items.cidrIpv6"} {
		p := jsonscan.CompilePath(path)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(parameters)))
			for b.Loop() {
				values = p.Append(values[:0], parameters, &s)
			}
		})
	}
}
