package vpcflow

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// got is what became of an input: documents and rejects, as text, and the
// error that ended it.
type got struct {
	events  []string
	rejects []string
	err     string
}

// run parses input, shown in windows that end at the cuts, as the reader does:
// what is not consumed is shown again. With restart, each window is read by a
// new parser that knows the mark alone.
func run(input []byte, o event.Origin, max int, cuts []int, restart bool) got {
	var out got
	var scratch event.Scratch
	p := Spec().New(parsers.Options{MaxRecord: max})
	p.Reset(&o, nil)
	base, number := 0, int64(0)
	for n := 0; ; n++ {
		end := len(input)
		if n < len(cuts) {
			end = max2(base, cuts[n])
		}
		atEOF := end == len(input) && n >= len(cuts)
		b := event.NewBatch(0, nil)
		b.Poison()
		b.Origin, b.Created = &o, 1_700_000_000e9
		b.Buf = append(b.Buf, input[base:end]...)
		b.Buf = append(b.Buf, make([]byte, 16)...)[:end-base] // memory behind the window is not the parser's
		consumed, err := p.Parse(b.Buf, int64(base), atEOF, b)
		last := number - 1
		for i := range b.Events {
			ev := &b.Events[i]
			if restart {
				ev.Number += number
			}
			last = ev.Number
			out.events = append(out.events, render(ev, &scratch))
		}
		for _, r := range b.Rejects {
			out.rejects = append(out.rejects, fmt.Sprintf("%d %q %s", r.Offset, r.Raw, r.Reason))
		}
		base += consumed
		if err != nil {
			out.err = fmt.Sprintf("%d %v", base, err)
			return out
		}
		if atEOF {
			if base != len(input) {
				panic("not everything consumed at the end")
			}
			return out
		}
		if restart {
			mark := p.Mark()
			if mark == nil && base > 0 {
				mark = []byte{}
			}
			number = last + 1
			p = Spec().New(parsers.Options{MaxRecord: max})
			p.Reset(&o, mark)
		}
	}
}

func max2(a, b int) int { return max(a, b) }

func render(ev *event.Event, s *event.Scratch) string {
	s.Reset()
	return string(event.AppendDocument(nil, ev.Schema.Fields(nil, ev, s)))
}

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

func optionsOf(max int) parsers.Options { return parsers.Options{MaxRecord: max} }
