package egress

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

func TestALeakIsOneCaseWithTheCountOfWhatWentOut(t *testing.T) {
	var all []*event.Event
	for i, bytes := range []int64{41_811_220, 318_204_551, 902_455_130, 1_204_889_006, 1_377_410_882, 1_402_118_640} {
		all = append(all,
			row(i+1, fmt.Sprintf("tcp-flags=3 flow-direction=egress traffic-path=8 bytes=%d", bytes)),
			row(i+1, fmt.Sprintf("srcaddr=198.51.100.99 dstaddr=10.16.0.25 srcport=443 dstport=51822 tcp-flags=19 flow-direction=ingress bytes=%d", bytes/61)))
	}
	got := judged(t, "egress.unexpected", Options{Studio: home(t)}, all...)
	if len(got) != 1 || got[0].Count != 6 || *got[0].Level != sigma.High {
		t.Fatalf("want one high case of 6:\n%s", detecttest.Show(got))
	}
	c := &got[0]
	if c.Field("sent") != "5.2 GB" || c.Field("target") != "198.51.100.99" || c.Field("from") != "subnet render-a of SABLE" || c.Field("machines") != "10.16.0.25" {
		t.Errorf("the case says\n%s", detecttest.Show(got))
	}
	if c.First != all[0].Time || c.Last != all[11].Time || len(c.Events) == 0 {
		t.Errorf("from %d to %d with %d events", c.First, c.Last, len(c.Events))
	}
}

func TestWhatLeavesAContentNetwork(t *testing.T) {
	for _, c := range []struct {
		name, row string
		level     string // of the case; "" for none
	}{
		{"one packet is enough", "bytes=40 packets=1", "high"},
		{"by IPv6", "srcaddr=2600:1f18:16::5 dstaddr=2001:db8:99::1", "high"},
		{"by IPv6, from an address that only its VPC tells", "srcaddr=2600:1f18:77::5 dstaddr=2001:db8:99::1 vpc-id=vpc-sable flow-direction=egress", "high"},
		{"IPv4 behind NAT64", "srcaddr=2600:1f18:16::5 dstaddr=64:ff9b::c633:6463", "high"},
		{"to a cloud provider's address", "dstaddr=198.51.100.7 pkt-dst-aws-service=EC2 traffic-path=8", "high"},
		{"to S3 by the internet gateway", "dstaddr=198.51.100.7 pkt-dst-aws-service=S3 traffic-path=8", "high"},
		{"by a NAT gateway in a network that is on the list", "dstaddr=10.8.1.9 pkt-dstaddr=198.51.100.99", "high"},
		{"by a NAT gateway in its own network", "dstaddr=10.16.65.9 pkt-dstaddr=198.51.100.99", "high"},
		{"to an office that is not on the list", "dstaddr=203.0.113.20", "high"},
		{"to the management network beside the services", "dstaddr=10.8.0.20 dstport=22", "high"},
		{"to a licence server of another production", "dstaddr=10.9.3.15 dstport=4101", "high"},
		{"ICMP to the internet", "protocol=1 srcport=0 dstport=0", "high"},
		{"two high ports, the internet", "srcport=50000 dstport=40000", "high"},
		{"time with more in it than time", "protocol=17 dstport=123 packets=10 bytes=14000", "high"},
		{"only the answer was recorded", "srcaddr=198.51.100.99 dstaddr=10.16.0.25 srcport=443 dstport=51822 tcp-flags=18", "high"},
		{"an answer by its ports, and a gigabyte of it", "srcport=443 dstport=51000 bytes=1000000000 packets=700000", "medium"},

		{"refused", "action=REJECT", ""},
		{"inside its network", "dstaddr=10.16.64.10 dstport=2049", ""},
		{"to what is on the list", "dstaddr=10.100.20.11 dstport=2049 srcport=700", ""},
		{"S3 by the range on the list", "dstaddr=192.0.2.9", ""},
		{"S3 by a gateway endpoint", "dstaddr=198.51.100.7 pkt-dst-aws-service=S3 traffic-path=7 flow-direction=egress", ""},
		{"to a licence server", "dstaddr=10.9.3.14 dstport=4101", ""},
		{"metadata and name server", "dstaddr=169.254.169.253 dstport=53 protocol=17", ""},
		{"multicast", "dstaddr=224.0.0.251 dstport=5353 protocol=17", ""},
		{"neighbours over IPv6", "srcaddr=fe80::1 dstaddr=ff02::1 protocol=58 srcport=0 dstport=0", ""},
		{"a late answer to the monitoring", "srcport=9100 dstaddr=10.100.5.9 dstport=41822 tcp-flags=1", ""},
		{"an answer to somebody outside", "srcport=9100 dstaddr=198.51.100.7 dstport=41822 tcp-flags=18 bytes=400", ""},
		{"a ping that London may have asked for", "protocol=1 srcport=0 dstport=0 dstaddr=10.100.5.9", ""},
		{"time", "protocol=17 srcport=123 dstport=123 packets=1 bytes=76 dstaddr=192.0.2.130", ""},
		{"a management network's packages", "srcaddr=10.8.0.10 dstaddr=192.0.2.145", ""},
		{"somebody scans us from outside", "srcaddr=198.51.100.7 dstaddr=10.16.0.25 srcport=51111 dstport=22 action=REJECT", ""},
		{"no data", "srcaddr=- dstaddr=- srcport=- dstport=- protocol=- log-status=NODATA action=-", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "egress.unexpected", Options{Studio: home(t)}, row(1, c.row))
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
}

func TestTheInternetScannedIsOneCase(t *testing.T) {
	var all []*event.Event
	for i := range 300 {
		all = append(all, row(1+i/60, fmt.Sprintf("dstaddr=198.%d.7.1 dstport=445", 20+i%200)))
	}
	got := judged(t, "egress.unexpected", Options{Studio: home(t)}, all...)
	var count int64
	for _, c := range got {
		count += c.Count
	}
	if len(got) != maxTargets+1 || count != 300 {
		t.Errorf("%d cases of %d flows, want %d of 300", len(got), count, maxTargets+1)
	}
}

func TestAWindowMarksACaseAndHidesNothing(t *testing.T) {
	got := judged(t, "egress.unexpected", Options{Studio: home(t)}, row(8*60, ""))
	if len(got) != 1 || len(got[0].Marks) != 1 || !strings.Contains(got[0].Marks[0], "restore test") {
		t.Errorf("want a mark:\n%s", detecttest.Show(got))
	}
}

func TestWithoutAStudioFileNothingIsForbidden(t *testing.T) {
	if got := judged(t, "egress.unexpected", Options{}, row(1, "")); len(got) > 0 {
		t.Errorf("%s", detecttest.Show(got))
	}
}

func TestPublicTimeIsOneCaseASubnet(t *testing.T) {
	var all []*event.Event
	for i := range 8 {
		all = append(all, row(i, fmt.Sprintf("srcaddr=10.16.%d.%d protocol=17 srcport=123 dstport=123 packets=1 bytes=76 dstaddr=192.0.2.13%d", 16*(i%2), 20+i, i%3)))
	}
	got := judged(t, "egress.time", Options{Studio: home(t)}, all...)
	if len(got) != 2 || got[0].Count+got[1].Count != 8 || *got[0].Level != sigma.Low {
		t.Errorf("want two cases of 4, low:\n%s", detecttest.Show(got))
	}
	all = nil
	for i := range 20 {
		all = append(all, row(i, fmt.Sprintf("srcaddr=10.16.0.%d protocol=17 srcport=123 dstport=123 packets=1 bytes=76 dstaddr=192.0.2.130", 20+i)))
	}
	got = judged(t, "egress.time", Options{Studio: home(t)}, all...)
	if len(got) != 1 || *got[0].Level != sigma.High { // the level of the test's rule
		t.Errorf("want one case at the rule's level:\n%s", detecttest.Show(got))
	}
}

func TestOneProductionReachesAnother(t *testing.T) {
	there := "srcaddr=10.48.0.20 dstaddr=10.16.64.10 srcport=50117 dstport=445 "
	back := "srcaddr=10.16.64.10 dstaddr=10.48.0.20 srcport=445 dstport=50117 "
	for _, c := range []struct {
		name  string
		rows  []string
		count int64
		level string
	}{
		{"both ways", []string{there + "tcp-flags=3", back + "tcp-flags=19 bytes=7340911"}, 1, "high"},
		{"only the answer", []string{back + "tcp-flags=18"}, 1, "high"},
		{"refused", []string{there + "action=REJECT"}, 0, ""},
		{"let out and refused at the other end", []string{there, there + "action=REJECT interface-id=eni-0b"}, 1, "low"},
		{"the management network", []string{"srcaddr=10.8.1.12 dstaddr=10.16.64.10 dstport=445"}, 0, ""},
		{"inside", []string{"srcaddr=10.48.0.20 dstaddr=10.48.64.10 dstport=445"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all []*event.Event
			for _, r := range c.rows {
				all = append(all, row(1, r))
			}
			got := judged(t, "egress.crossed", Options{Studio: home(t)}, all...)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Count != c.count || got[0].Level.String() != c.level) {
				t.Errorf("want %d, %q:\n%s", c.count, c.level, detecttest.Show(got))
			}
			if got := judged(t, "egress.unexpected", Options{Studio: home(t)}, all...); len(got) > 0 {
				t.Errorf("told twice:\n%s", detecttest.Show(got))
			}
		})
	}
}

// drawFlows makes flows between few places, so that they meet.
func drawFlows(rt *rapid.T) []*event.Event {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, name) }
	var all []*event.Event
	for range rapid.IntRange(1, 30).Draw(rt, "rows") {
		all = append(all, row(rapid.IntRange(-900, 900).Draw(rt, "minute"), strings.Join([]string{
			"srcaddr=" + pick("src", "10.16.0.25", "10.16.0.26", "10.16.16.9", "10.48.0.20", "10.8.0.10", "198.51.100.99", "2600:1f18:16::5"),
			"dstaddr=" + pick("dst", "198.51.100.99", "192.0.2.130", "10.16.64.10", "10.48.0.20", "10.100.5.9", "2001:db8:99::1"),
			"srcport=" + pick("from", "51822", "443", "123", "9100"), "dstport=" + pick("to", "443", "123", "40000", "445"),
			"protocol=" + pick("protocol", "6", "17", "1"), "bytes=" + pick("bytes", "76", "5000000", "70000000"), "packets=" + pick("packets", "1", "100000"),
			"action=" + pick("action", "ACCEPT", "ACCEPT", "REJECT"), "tcp-flags=" + pick("flags", "0", "2", "18"),
		}, " ")))
	}
	return all
}

func TestCasesDoNotDependOnOrderBatchesOrRepeats(t *testing.T) {
	for name := range specs {
		t.Run(name, func(t *testing.T) { anyOrder(t, name, Options{Studio: home(t)}, drawFlows) })
	}
}

// BenchmarkObserverInside is a record that stays in its network: what nearly
// all are.
func BenchmarkObserverInside(b *testing.B) { benchmark(b, "dstaddr=10.16.64.10 dstport=2049") }

// BenchmarkObserverLeaving is one that counts.
func BenchmarkObserverLeaving(b *testing.B) { benchmark(b, "") }

func benchmark(b *testing.B, set string) {
	var events []*event.Event
	for i := range 512 {
		events = append(events, row(1, fmt.Sprintf("srcaddr=10.16.%d.%d %s", i%2*16, 10+i%200, set)))
	}
	d := New(Options{Studio: home(b)})
	var observers []interface {
		Event(*event.Event, *event.Scratch, *notes)
		Flush(*notes)
	}
	for name := range specs {
		r, err := d.Rule(name, &sigma.Rule{})
		if err != nil {
			b.Fatal(err)
		}
		if o := r.Observer(rows{}); o != nil {
			observers = append(observers, o)
		}
	}
	var s event.Scratch
	out := newNotes()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		ev := events[n%len(events)]
		s.Reset()
		for _, o := range observers {
			o.Event(ev, &s, out)
		}
		if n++; n%8192 == 0 {
			for _, o := range observers {
				o.Flush(out)
			}
			out.Reset()
		}
	}
}
