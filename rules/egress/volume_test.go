package egress

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// hours makes a record in each of some hours of the gateway's.
func hours(from, n int, bytes int64) []*event.Event {
	var all []*event.Event
	for i := range n {
		all = append(all, row((from+i)*60, fmt.Sprintf("srcaddr=10.8.0.10 dstaddr=192.0.2.145 bytes=%d packets=1000000", bytes)))
	}
	return all
}

func TestVolumeIsHeldAgainstItsOwnPast(t *testing.T) {
	leak := func(bytes int64) *event.Event {
		return row(60*24*6, fmt.Sprintf("srcaddr=10.8.0.10 dstaddr=198.51.100.99 bytes=%d packets=1000000", bytes))
	}
	for _, c := range []struct {
		name   string
		events []*event.Event
		cases  int
	}{
		{"sixty times the usual", append(hours(0, 140, 200_000_000), leak(12_000_000_000)), 1},
		{"twice the usual", append(hours(0, 140, 3_000_000_000), leak(6_000_000_000)), 0},
		{"sixty times nearly nothing", append(hours(0, 140, 2_000_000), leak(120_000_000)), 0},
		{"without a past", []*event.Event{leak(12_000_000_000)}, 0},
		{"with a past of a day", append(hours(120, 23, 200_000_000), leak(12_000_000_000)), 0},
		{"with three hours in a week", append(hours(0, 3, 200_000_000), leak(12_000_000_000)), 0},
		{"refused", append(hours(0, 140, 200_000_000), row(60*24*6, "srcaddr=10.8.0.10 bytes=12000000000 action=REJECT")), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(t, "egress.volume", Options{Studio: home(t)}, c.events...); len(got) != c.cases {
				t.Errorf("want %d:\n%s", c.cases, detecttest.Show(got))
			}
		})
	}
}

func TestNetworksAndCountriesOfTheFirstTime(t *testing.T) {
	country := func(ip netip.Addr) string {
		return map[string]string{"192.0.2.145": "GB", "192.0.2.7": "GB", "198.51.100.99": "KP"}[ip.String()]
	}
	past := hours(0, 24*9, 4000)
	at := 60 * 24 * 9
	for _, c := range []struct {
		name    string
		event   *event.Event
		country func(netip.Addr) string
		level   string
	}{
		{"a network", row(at, "srcaddr=10.8.0.10 dstaddr=198.51.100.99"), nil, "low"},
		{"a country", row(at, "srcaddr=10.8.0.10 dstaddr=198.51.100.99"), country, "high"},
		{"the answer alone", row(at, "srcaddr=198.51.100.99 dstaddr=10.8.0.10 srcport=443 dstport=51111"), nil, "low"},
		{"a network that is known", row(at, "srcaddr=10.8.0.10 dstaddr=192.0.2.7"), country, ""},
		{"somebody came in", row(at, "srcaddr=198.51.100.99 dstaddr=10.8.0.20 srcport=51111 dstport=22"), country, ""},
		{"too early to tell", row(60*24*3, "srcaddr=10.8.0.10 dstaddr=198.51.100.99"), country, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "egress.new", Options{Studio: home(t), Country: c.country}, append([]*event.Event{c.event}, past...)...)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
}

// listing writes a threat list and reads it.
func listing(t testing.TB, text string) *Threats {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	threats, wrong, err := LoadThreats(file)
	if err != nil || len(wrong) > 0 {
		t.Fatal(err, wrong)
	}
	return threats
}

const list = "# bad\n198.51.100.99\n198.51.101.0/24 ; a net\r\n2001:db8:99::/48\nevil[.]example.com\n0.0.0.0 hosts.example.net # as hosts files\n*.wild.example\n"

func TestThreatListsAreReadAsTheyCome(t *testing.T) {
	threats := listing(t, list)
	if threats.Len() != 6 {
		t.Errorf("%d entries, want 6", threats.Len())
	}
	for text, want := range map[string]string{
		"198.51.100.99": "198.51.100.99", "198.51.101.7": "198.51.101.0/24", "2001:db8:99::7": "2001:db8:99::/48", "198.51.100.98": "", "2001:db8:98::7": "",
	} {
		if got := threats.address(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is listed by %q, want %q", text, got, want)
		}
	}
	for name, want := range map[string]string{
		"evil.example.com": "evil.example.com", "a.b.evil.example.com": "evil.example.com", "example.com": "", "notevil.example.com": "", "x.wild.example": "wild.example", "hosts.example.net": "hosts.example.net",
	} {
		if got := threats.name(name); got != want {
			t.Errorf("%s is listed by %q, want %q", name, got, want)
		}
	}
}

func TestWhatIsNoEntryIsNamedWithItsPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(file, []byte("198.51.100.99\n300.1.2.3.\n127.0.0.1\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	threats, wrong, err := LoadThreats(file)
	if text := fmt.Sprint(wrong); err != nil || len(wrong) != 3 || !strings.Contains(text, "list.txt:2") || !strings.Contains(text, "list.txt:3") || !strings.Contains(text, "list.txt:4") {
		t.Errorf("the errors are %v, %v", wrong, err)
	}
	if _, _, err := LoadThreats(file + ".gone"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a list that is not there: %v", err)
	}
	if threats.address(netip.MustParseAddr("198.51.100.99")) == "" {
		t.Error("what is right was left out too")
	}
}

func TestTrafficWithAListedAddress(t *testing.T) {
	o := Options{Studio: home(t), Threats: listing(t, list)}
	for _, c := range []struct{ name, row, level string }{
		{"a content network reaches it", "", "high"},
		{"a management network reaches it", "srcaddr=10.8.0.10", "high"},
		{"a network that nobody knows reaches it", "srcaddr=10.77.0.10", "high"},
		{"refused on the way out", "action=REJECT", "medium"},
		{"it was let in", "srcaddr=198.51.100.99 dstaddr=10.8.0.20 srcport=51111 dstport=22", "medium"},
		{"it was refused", "srcaddr=198.51.100.99 dstaddr=10.8.0.20 srcport=51111 dstport=22 action=REJECT", ""},
		{"its neighbour", "dstaddr=198.51.100.98", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "egress.threat", o, row(1, c.row))
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
	anyOrder(t, "egress.threat", o, drawFlows)
}

func TestWhatIsNotRecordedIsAGap(t *testing.T) {
	skipped := "srcaddr=- dstaddr=- srcport=- dstport=- protocol=- action=- log-status=SKIPDATA"
	got := judged(t, "egress.gap", Options{Studio: home(t)}, row(1, skipped), row(2, skipped), row(2, strings.ReplaceAll(skipped, "SKIPDATA", "NODATA")))
	if len(got) != 1 || got[0].Count != 2 {
		t.Errorf("want one case of 2:\n%s", detecttest.Show(got))
	}
}

// asked is a schema of resolver logs: JSON, by the names of the record.
type asked struct{ rows }

func (asked) Dataset() string { return resolverLogs }
func (asked) Getter(name string) event.Getter {
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

func ask(minute int, vpc, name string) *event.Event {
	ev, from := row(minute, ""), map[string]string{"vpc-mgmt": "10.8.0.10"}[vpc]
	if from == "" {
		from = "10.16.0.25"
	}
	return &event.Event{Schema: asked{}, Time: ev.Time, Record: fmt.Appendf(nil, `{"account_id":"111111111111","vpc_id":"%s","query_name":"%s.","srcaddr":"%s"}`, vpc, name, from)}
}

func TestNamesNeverSeen(t *testing.T) {
	o := Options{Studio: home(t), Threats: listing(t, list)}
	var past []*event.Event
	for i := range 20 {
		past = append(past, ask(i*720, "vpc-sable", "licence.example.com"), ask(i*720, "vpc-mgmt", "mirror.example.org"))
	}
	at := 20 * 720
	for _, c := range []struct {
		name, vpc, query, level string
	}{
		{"a content network", "vpc-sable", "drop.example.net", "medium"},
		{"another network", "vpc-mgmt", "drop.example.net", "low"},
		{"known elsewhere only", "vpc-sable", "mirror.example.org", "medium"},
		{"somebody's bucket is a name of its own", "vpc-sable", "leak.s3.amazonaws.com", "medium"},
		{"another host of a known domain", "vpc-sable", "www.example.com", ""},
		{"a machine's own name", "vpc-sable", "ip-10-16-0-9.eu-west-2.compute.internal", ""},
		{"a reverse look-up", "vpc-sable", "9.0.16.10.in-addr.arpa", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "egress.names", o, append([]*event.Event{ask(at, c.vpc, c.query)}, past...)...)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
	if got := judged(t, "egress.threat", o, ask(1, "vpc-mgmt", "A.Evil.Example.com")); len(got) != 1 || *got[0].Level != sigma.High {
		t.Errorf("a listed name:\n%s", detecttest.Show(got))
	}
	var tunnel []*event.Event
	for i := range 1500 {
		tunnel = append(tunnel, ask(i/100, "vpc-sable", fmt.Sprintf("%060d.t.example.net", i)))
	}
	if got := judged(t, "egress.names", o, tunnel...); len(got) != 1 || *got[0].Level != sigma.High || got[0].Count != 1500 {
		t.Errorf("a tunnel:\n%s", detecttest.Show(got))
	}
}

func TestNamesDoNotDependOnOrderBatchesOrRepeats(t *testing.T) {
	anyOrder(t, "egress.names", Options{Studio: home(t)}, func(rt *rapid.T) []*event.Event {
		var all []*event.Event
		for range rapid.IntRange(1, 30).Draw(rt, "questions") {
			all = append(all, ask(rapid.IntRange(-20000, 20000).Draw(rt, "minute"), rapid.SampledFrom([]string{"vpc-sable", "vpc-mgmt"}).Draw(rt, "vpc"),
				rapid.SampledFrom([]string{"a.example.com", "b.example.net", "c.example.org"}).Draw(rt, "name")))
		}
		return all
	})
}
