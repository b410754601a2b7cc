package vpcflow

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

func flowOf(src, dst string, sport, dport, proto, flags int, direction string) *flow {
	ev := &event.Event{Slots: make([]event.Span, len(columns)), Origin: &testOrigin}
	put := func(slot int, v string) {
		if v == "" {
			return
		}
		at := len(ev.Record)
		ev.Record = append(ev.Record, v...)
		ev.Slots[slot] = event.Span{Start: uint32(at), End: uint32(len(ev.Record))}
	}
	put(colVersion, "2")
	put(colSrcAddr, src)
	put(colDstAddr, dst)
	put(colSrcPort, fmt.Sprint(sport))
	put(colDstPort, fmt.Sprint(dport))
	put(colProtocol, fmt.Sprint(proto))
	if flags >= 0 {
		put(colTCPFlags, fmt.Sprint(flags))
	}
	put(colFlowDirection, direction)
	f := new(flow)
	f.read(ev)
	return f
}

// The values are the reference data of the specification's authors
// (community-id-spec, baseline_deflt.json), all of its protocols but ICMP.
func TestCommunityIDsAreThoseOfTheSpecification(t *testing.T) {
	for _, c := range []struct {
		proto        int
		src, dst     string
		sport, dport int
		want         string
	}{
		{6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
		{46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
		{46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
		{1, "10.0.0.1", "10.0.0.2", 0, 0, ""},
		{58, "fe80::1", "fe80::2", 0, 0, ""},
		{6, "10.0.0.1", "fe80::2", 1, 2, ""},
		{6, "10.0.0.1", "10.0.0.2", 1, 65536, ""},
	} {
		var s event.Scratch
		if got := string(flowOf(c.src, c.dst, c.sport, c.dport, c.proto, -1, "").communityID(&s).Bytes); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestWhichWayAndWhoOpened(t *testing.T) {
	const in, in2, out, out2 = "10.1.0.1", "172.16.9.9", "93.184.216.34", "8.8.8.8"
	for _, c := range []struct {
		about            string
		src, dst         string
		sport, dport     int
		proto, flags     int
		flowDirection    string
		direction, opens string
	}{
		{"reaching out", in, out, 50000, 443, 6, -1, "", "egress", "source"},
		{"its reply", out, in, 443, 50000, 6, -1, "", "ingress", "destination"},
		{"somebody comes in", out, in, 50000, 22, 6, -1, "", "ingress", "source"},
		{"the answer to him is no reaching out", in, out, 22, 50000, 6, -1, "", "egress", "destination"},
		{"within", in, in2, 50000, 2049, 6, -1, "", "internal", "source"},
		{"passing by", out, out2, 50000, 53, 17, -1, "", "external", "source"},
		{"a SYN says more than ports", in, out, 22, 50000, 6, 2, "", "egress", "source"},
		{"SYN and FIN in one interval", in, out, 50000, 443, 6, 3, "", "egress", "source"},
		{"a SYN-ACK answers", in, out, 50000, 443, 6, 18, "", "egress", "destination"},
		{"SYN-ACK and FIN", out, in, 443, 50000, 6, 19, "", "ingress", "destination"},
		{"flags without SYN leave it to the ports", in, out, 50000, 443, 6, 1, "", "egress", "source"},
		{"flags of another protocol", in, out, 50000, 443, 17, 18, "", "egress", "source"},
		{"registered against well known", in, out, 8080, 443, 6, -1, "", "egress", "source"},
		{"ephemeral against registered", in, out, 40000, 8080, 6, -1, "", "egress", "source"},
		{"two servers' ports", in, out, 8080, 27100, 6, -1, "", "egress", ""},
		{"two clients' ports", in, out, 40000, 60000, 6, -1, "", "egress", ""},
		{"ICMP", in, out, 0, 0, 1, -1, "", "egress", ""},
		{"the interface knows", in, in2, 50000, 443, 6, -1, "egress", "egress", "source"},
		{"the interface knows, of IPv6 too", "2001:db8::1", "2001:db8::2", 50000, 443, 6, -1, "ingress", "ingress", "source"},
		{"IPv6, global", "2001:db8::1", "2001:db8::2", 50000, 443, 6, -1, "", "", "source"},
		{"IPv6, within", "fe80::1", "fd00::2", 50000, 443, 6, -1, "", "internal", "source"},
		{"multicast stays", in, "224.0.0.251", 5353, 5353, 17, -1, "", "internal", ""},
		{"metadata service", in, "169.254.169.254", 50000, 80, 6, -1, "", "internal", "source"},
		{"an address that is none", in, "10.0.0.300", 50000, 80, 6, -1, "", "", "source"},
	} {
		f := flowOf(c.src, c.dst, c.sport, c.dport, c.proto, c.flags, c.flowDirection)
		if got := string(f.direction().Bytes); got != c.direction {
			t.Errorf("%s: direction %q, not %q", c.about, got, c.direction)
		}
		if got := string(f.initiator().Bytes); got != c.opens {
			t.Errorf("%s: opened by %q, not %q", c.about, got, c.opens)
		}
	}
}

func parseAddr(s []byte) (a addr) {
	a.parse(s)
	return a
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "01.2.3.4", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "", ".", "1..2.3", "::", "::1", "1::", "1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", ":::", "1::2::3", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "12345::", "fe80::1%eth0", "G::", "1:", ":1", "::1.2.3.4", "1.2.3.4::", "0:0:0:0:0:0:0:0", "::1:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := parseAddr(slices.Clip([]byte(s)))
		if more := parseAddr([]byte(s + " 10.0.0.1 and more text")[:len(s)]); more != got {
			t.Fatalf("%q: what follows changes it", s)
		}
		want, err := netip.ParseAddr(s)
		if isAddr := err == nil && want.Zone() == ""; isAddr != got.valid() {
			t.Fatalf("%q: valid %v", s, got.valid())
		}
		if got.valid() && !bytes.Equal(got.bytes(), want.AsSlice()) {
			t.Fatalf("%q: %v, not %v", s, got.bytes(), want.AsSlice())
		}
	})
}

func TestGettersAgreeWithTheDocument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { parsertest.Getters(t, Spec(), drawLog(rt), nil) })
}

func TestNamesOfColumns(t *testing.T) {
	input := []byte("srcaddr dstaddr pkt_dst_aws_service a-b\n10.0.0.1 10.0.0.2 S3 x\n")
	b := event.NewBatch(0, nil)
	b.Origin = &testOrigin
	p := Spec().New(optionsOf(0))
	p.Reset(&testOrigin, nil)
	if _, err := p.Parse(input, 0, true, b); err != nil {
		t.Fatal(err)
	}
	var s event.Scratch
	for name, want := range map[string]string{
		"srcaddr": "10.0.0.1", "pkt-dst-aws-service": "S3", "pkt_dst_aws_service": "S3", "aws.vpcflow.pkt_dst_service": "S3",
		"a-b": "x", "aws.vpcflow.extra.a-b": "x", "aws.vpcflow.extra.a_b": "x", "vpc-id": "", "c-d": "",
	} {
		got := ""
		for _, v := range plain.Getter(name).Append(nil, &b.Events[0], &s) {
			got += string(v.Bytes)
		}
		if got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	for _, name := range []string{"user.name", "eventName", "aws.cloudtrail.error_code", ""} {
		if plain.Getter(name) != nil {
			t.Errorf("a flow log is said to have %s", name)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "7", "65535", "12345678", "123456789", "1751356859", "1234567890123456", "12345678901234567", "999999999999999999", "1000000000000000000", "", "-1", "1.5", "/", ":", "1 2", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := strconv.ParseUint(s, 10, 63)
		fits := err == nil && len(s) <= 18
		for _, b := range [][]byte{slices.Clip([]byte(s)), []byte(s + " 7 8 9 10 11")[:len(s)]} {
			got, ok := whole(b)
			if ok != fits || ok && got != int64(want) {
				t.Fatalf("%q: %d, %v", s, got, ok)
			}
			if isWhole(b) != fits {
				t.Fatalf("%q is a number: %v", s, !fits)
			}
		}
	})
}

func FuzzDigits(f *testing.F) {
	for _, n := range []int64{0, 1, 9, 10, 99, 100, 9999, 10000, 99999999, 1e8, 1e8 + 7, 1e16 - 1, 1e16, math.MaxInt64} {
		f.Add(n, []byte("0123456789abcdef"))
	}
	f.Fuzz(func(t *testing.T, n int64, raw []byte) {
		buf := make([]byte, 100)
		if n &= math.MaxInt64; string(buf[:integer(buf, 0, n)]) != strconv.FormatInt(n, 10) {
			t.Errorf("%d is written %s", n, buf[:integer(buf, 0, n)])
		}
		for _, ns := range []int64{n - n%1e9, n % 200 * 1e9} {
			if got := buf[:nanoseconds(buf, 0, ns)]; string(got) != strconv.FormatInt(ns, 10) {
				t.Errorf("%d is written %s", ns, got)
			}
		}
		var id event.ID
		copy(id[:], raw)
		if hexadecimal(buf, 0, &id); string(buf[:32]) != id.String() {
			t.Errorf("%s is written %s", id, buf[:32])
		}
	})
}
