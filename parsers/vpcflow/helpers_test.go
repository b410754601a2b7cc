package vpcflow

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

var testOrigin = event.Origin{Source: "test", Name: "AWSLogs/123456789010/vpcflowlogs/x.log", Identity: []byte("identity")}

// sample is a made-up flow log of version 2, with its header.
func sample(size int) []byte {
	r := rand.New(rand.NewPCG(42, 42))
	var b bytes.Buffer
	b.WriteString(formatV2 + "\n")
	start := int64(1_700_000_000)
	ports := []int{443, 22, 2049, 27100, 17000, 53, 123, 3389}
	for b.Len() < size {
		src := fmt.Sprintf("10.%d.%d.%d", r.IntN(4), r.IntN(256), r.IntN(256))
		dst := fmt.Sprintf("10.%d.%d.%d", r.IntN(4), r.IntN(256), r.IntN(256))
		if r.IntN(3) == 0 {
			dst = fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(150), r.IntN(256), r.IntN(256), r.IntN(256))
		}
		sp, dp := 32768+r.IntN(28000), ports[r.IntN(len(ports))]
		if r.IntN(2) == 0 {
			src, dst, sp, dp = dst, src, dp, sp
		}
		action, proto := "ACCEPT", 6
		if r.IntN(10) == 0 {
			action = "REJECT"
		}
		if r.IntN(6) == 0 {
			proto = 17
		}
		packets := 1 + r.IntN(2000)
		begin := start + int64(r.IntN(60))
		if r.IntN(100) == 0 {
			fmt.Fprintf(&b, "2 123456789010 eni-%017x - - - - - - - %d %d - NODATA\n", r.IntN(64), begin, begin+60)
			continue
		}
		fmt.Fprintf(&b, "2 123456789010 eni-%017x %s %s %d %d %d %d %d %d %d %s OK\n",
			r.Int64N(64)*0x9E3779B97F4A7C1>>4, src, dst, sp, dp, proto, packets, packets*(40+r.IntN(1400)), begin, begin+int64(r.IntN(60)), action)
		if r.IntN(50) == 0 {
			start++
		}
	}
	return b.Bytes()
}

func headed(lines ...string) []byte { return []byte(formatV2 + "\n" + strings.Join(lines, "\n")) }

// read parses input in one window.
func read(input []byte, maxRecord int) parsertest.Result {
	return parsertest.Run(Spec(), input, testOrigin, parsertest.Windows{MaxRecord: maxRecord})
}

func optionsOf(max int) parsers.Options { return parsers.Options{MaxRecord: max} }

// plain is the schema as the catalogue has it.
var plain = schema{redact.Default()}
