package vpcflow

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

func TestRowsAreThoseOfAWS(t *testing.T) {
	v := &studio.VPC{ID: "vpc-1", Region: "eu-west-2", Account: &studio.Account{ID: "011111111111"}}
	h := &studio.Host{Interface: "eni-1", Instance: "i-1", Subnet: &studio.Subnet{ID: "subnet-1", Zone: "euw2-az1"}}
	out := Flow{
		VPC: v, Host: h, Source: "10.0.0.71", Destination: "192.0.2.9", SourcePort: 34210, DestinationPort: 443, Protocol: 6,
		Packets: 7, Bytes: 471, Start: 1616729292, End: 1616729349, Flags: 3, Service: "S3", Egress: true, Path: 8,
	}
	in := Flow{
		VPC: v, Host: h, Source: "2001:db8::1", Destination: "2001:db8::2", SourcePort: 0, DestinationPort: 0, Protocol: 58,
		Packets: 1, Bytes: 96, Start: 1616729292, End: 1616729349, Reject: true,
	}
	none := Flow{VPC: v, Host: &studio.Host{Interface: "eni-2", Subnet: h.Subnet}, Start: 1616729292, End: 1616729352, Status: "NODATA"}
	for _, of := range []struct {
		format *Format
		row    *Flow
		want   string
	}{
		{Default(), &out, "2 011111111111 eni-1 10.0.0.71 192.0.2.9 34210 443 6 7 471 1616729292 1616729349 ACCEPT OK"},
		{Default(), &in, "2 011111111111 eni-1 2001:db8::1 2001:db8::2 0 0 58 1 96 1616729292 1616729349 REJECT OK"},
		{Default(), &none, "2 011111111111 eni-2 - - - - - - - 1616729292 1616729352 - NODATA"},
		{Extended(), &out, "5 10.0.0.71 192.0.2.9 34210 443 6 1616729292 1616729349 IPv4 7 471 011111111111 vpc-1 subnet-1 i-1 eni-1 eu-west-2 euw2-az1 - - ACCEPT 3 10.0.0.71 192.0.2.9 - S3 8 egress OK"},
		{Extended(), &in, "5 2001:db8::1 2001:db8::2 0 0 58 1616729292 1616729349 IPv6 1 96 011111111111 vpc-1 subnet-1 i-1 eni-1 eu-west-2 euw2-az1 - - REJECT 0 2001:db8::1 2001:db8::2 - - - ingress OK"},
		{Extended(), &none, "5 - - - - - 1616729292 1616729352 - - - 011111111111 vpc-1 subnet-1 - eni-2 eu-west-2 euw2-az1 - - - - - - - - - - NODATA"},
	} {
		if got := string(of.format.Append(nil, of.row)); got != of.want+"\n" {
			t.Errorf("row is\n%swant\n%s", got, of.want)
		}
	}
}

// TestContentHostsReachWhatTheyMay holds the daily traffic of content networks
// against what the studio file will say.
func TestContentHostsReachWhatTheyMay(t *testing.T) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w := NewWork(st, Default(), 42, begin, begin)
	may := []string{"10.", "192.0.2."}
	for _, v := range st.VPCs {
		l := w.Lines()
		w.Fill(l, v, begin.Add(21*time.Hour), begin.Add(21*time.Hour+5*time.Minute), 300_000)
		accepted := 0
		for _, line := range strings.Split(strings.TrimSpace(string(l.body)), "\n") {
			f := strings.Fields(line)
			if f[12] != "ACCEPT" || v.Kind != "content" {
				continue
			}
			accepted++
			for _, address := range f[3:5] {
				if !strings.HasPrefix(address, may[0]) && !strings.HasPrefix(address, may[1]) {
					t.Fatalf("%s: %s", v.Name, line)
				}
				if strings.HasPrefix(address, may[1]) && f[5] != "443" && f[6] != "443" {
					t.Fatalf("%s: %s", v.Name, line)
				}
			}
		}
		if v.Kind == "content" && accepted < 1000 {
			t.Errorf("%s: %d accepted rows", v.Name, accepted)
		}
	}
}

func TestFilesAreCutBetweenRows(t *testing.T) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w := NewWork(st, Default(), 42, begin, begin)
	l := w.Lines()
	w.Fill(l, st.VPC("sable"), begin, begin.Add(5*time.Minute), 100_000)
	var joined []byte
	rows := 0
	err := l.Files(10_000, func(body []byte, n int) error {
		rest, ok := bytes.CutPrefix(body, []byte(Default().Header))
		if !ok || rest[len(rest)-1] != '\n' || bytes.Count(rest, []byte{'\n'}) != n {
			t.Errorf("a file of %d rows is not whole", n)
		}
		joined, rows = append(joined, rest...), rows+n
		return nil
	})
	if err != nil || rows != l.Len() || !bytes.Equal(joined, l.body) {
		t.Errorf("%d of %d rows in the files, %v", rows, l.Len(), err)
	}
}

func TestFilesCompressAsRealOnes(t *testing.T) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w, at := NewWork(st, Default(), 42, begin, begin), begin.Add(21*time.Hour)
	l := w.Lines()
	w.Fill(l, st.VPC("sable"), at, at.Add(5*time.Minute), 2e6)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(l.body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	ratio := float64(len(l.body)) / float64(packed.Len())
	if t.Logf("%.2f", ratio); ratio < 3.5 || ratio > 6 {
		t.Errorf("compressed %.2f times, want 3.5 to 6", ratio)
	}
}

func BenchmarkFill(b *testing.B) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w, at := NewWork(st, Default(), 42, begin, begin), begin.Add(21*time.Hour)
	l := w.Lines()
	b.SetBytes(1e6)
	b.ReportAllocs()
	for b.Loop() {
		l.Reset()
		w.Fill(l, st.VPC("sable"), at, at.Add(5*time.Minute), 1e6)
	}
}
