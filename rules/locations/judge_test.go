package locations

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// atlas knows the places of the tests, by prefix.
type atlas map[string]Place

func (a atlas) Place(addr netip.Addr) Place {
	var best Place
	bits := -1
	for p, place := range a {
		if n := netip.MustParsePrefix(p); n.Contains(addr) && n.Bits() > bits {
			best, bits = place, n.Bits()
		}
	}
	return best
}

func (atlas) Person(string) string { return "" }

func site(name, kind, country string, lat, lon float64) Place {
	return Place{Site: name, Kind: kind, Country: country, Latitude: lat, Longitude: lon, Located: true}
}

func city(name, country string, lat, lon float64, as uint32, owner string) Place {
	return Place{City: name, Country: country, Latitude: lat, Longitude: lon, Located: true, AS: as, Owner: owner}
}

// world is the studio's sites and what a city database tells.
var world = atlas{
	"203.0.113.0/28":     site("london-vpn", "vpn", "GB", 51.5, -0.12),
	"203.0.113.16/28":    site("london", "office", "GB", 51.5, -0.12),
	"203.0.113.32/28":    site("vancouver", "office", "CA", 49.28, -123.12),
	"203.0.113.48/28":    site("vancouver-vpn", "vpn", "CA", 49.28, -123.12),
	"203.0.113.96/27":    site("desktops-us", "desktop", "US", 39.04, -77.48),
	"203.0.113.128/28":   site("nat-eu", "nat", "GB", 51.5, -0.12),
	"198.51.100.0/28":    city("Singapore", "SG", 1.35, 103.82, 64500, "ExampleNet"),
	"198.51.100.16/28":   city("Paris", "FR", 48.85, 2.35, 64501, "ExampleTel"),
	"198.51.100.32/28":   city("Versailles", "FR", 48.8, 2.13, 64501, "ExampleTel"),
	"198.51.100.48/28":   city("Bristol", "GB", 51.45, -2.58, 64502, "Example Broadband"),
	"198.51.100.64/28":   city("Edinburgh", "GB", 55.95, -3.19, 64503, "Example Mobile"),
	"198.51.100.96/28":   city("Reims", "FR", 49.26, 4.03, 64505, "Another"),
	"198.51.100.80/28":   city("Boardman", "US", 45.84, -119.7, 16509, "Amazon.com, Inc."),
	"2001:db8:50::/48":   city("Frankfurt", "DE", 50.11, 8.68, 64501, "ExampleTel"),
	"198.51.100.128/25":  {Country: "NL", AS: 64510, Owner: "Hosting"},
	"2001:db8:5601::/48": site("london", "office", "GB", 51.5, -0.12),
}

// look is something that was seen, as the tests write it.
type look struct {
	at     string // of the day, 15:04:05, or with a day in front: -1 15:04:05
	addr   string
	device string
	s      uint64
	traits trait
	n      int // tells looks of one moment apart
}

var today = time.Date(2026, 11, 6, 0, 0, 0, 0, time.UTC)

func (l look) time(t testing.TB) time.Time {
	day, clock := 0, l.at
	if d, rest, ok := strings.Cut(l.at, " "); ok {
		if _, err := fmt.Sscan(d, &day); err != nil {
			t.Fatal(err)
		}
		clock = rest
	}
	c, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		t.Fatal(err)
	}
	return today.AddDate(0, 0, day).Add(c.Sub(c.Truncate(24 * time.Hour)))
}

// store joins notes as the owner of state does.
type store map[string]detect.Note

func (s store) add(n detect.Note) {
	key := fmt.Sprint(n.Time, n.ID)
	if was, ok := s[key]; ok && string(was.Value) <= string(n.Value) {
		return
	}
	n.Value = slices.Clone(n.Value)
	s[key] = n
}

func (s store) window(from, to time.Time, span detect.Span) *detect.Window {
	w := &detect.Window{From: from.UnixNano(), To: to.UnixNano(), Through: math.MinInt64}
	for _, n := range s {
		if n.Time >= w.From-int64(span.Before) && n.Time < w.To+int64(span.After) {
			w.Notes = append(w.Notes, n)
		}
	}
	slices.SortFunc(w.Notes, func(a, b detect.Note) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), slices.Compare(a.ID[:], b.ID[:]))
	})
	return w
}

// noted is what an observer makes of looks that come in one batch.
func noted(t testing.TB, length time.Duration, looks []look) (out []detect.Note) {
	p := newPeople(blank{}, nil)
	known := map[sighting]*visitor{}
	notes := detect.NewNotes(func(dst []byte, _ *event.Event, _ *event.Scratch) []byte { return dst })
	var scratch event.Scratch
	for _, l := range looks {
		x := sighting{addr: netip.MustParseAddr(l.addr), session: l.s, traits: l.traits, device: device(l.device)}
		if known[x] == nil {
			known[x] = newVisitor([]byte("ada"), x)
		}
		ev := &event.Event{Schema: blank{}, Record: fmt.Appendf(nil, "%+v", l), Time: l.time(t).UnixNano()}
		if seen := p.batch.see(known[x], align(ev.Time, length), ev, &scratch); seen != nil {
			notes.Add(showing(known[x], ev.Time, seen.id, &p.value))
		}
	}
	p.Flush(notes)
	for _, n := range notes.All() {
		n.Value = slices.Clone(n.Value)
		out = append(out, n)
	}
	return out
}

// blank is the schema of events without fields.
type blank struct{ event.Schema }

func (blank) Getter(string) event.Getter { return nil }

func (blank) ID(ev *event.Event, s *event.Scratch) event.ID { return event.HashID(s, ev.Record) }

// judged are the cases of the day.
func judged(t testing.TB, places World, looks ...look) []detect.Case {
	rule := NewConcurrent(nil, places)
	s := store{}
	for _, n := range noted(t, stretch, looks) {
		s.add(n)
	}
	return rule.Judge(s.window(today, today.AddDate(0, 0, 1), rule.Span()))
}

func field(c detect.Case, name string) string {
	for _, f := range c.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

const (
	firefox = "Firefox/Linux"
	chrome  = "Chrome/Windows"
	cli     = "aws-cli/Linux"
)

// london is a morning at the VPN in London, by one session.
var london = []look{
	{at: "09:02:11", addr: "203.0.113.2", device: firefox, s: 1}, {at: "09:04:50", addr: "203.0.113.2", device: firefox, s: 1},
	{at: "09:07:00", addr: "203.0.113.2", device: firefox, s: 1}, {at: "09:13:50", addr: "203.0.113.2", device: firefox, s: 1},
}

func and(looks []look, more ...look) []look { return append(slices.Clone(looks), more...) }

func TestOnePersonInTwoPlacesIsOneCase(t *testing.T) {
	cases := judged(t, world, and(london,
		look{at: "09:09:05", addr: "198.51.100.1", device: chrome, s: 2}, look{at: "09:10:40", addr: "198.51.100.1", device: chrome, s: 2},
		look{at: "09:26:00", addr: "198.51.100.1", device: chrome, s: 2})...)
	if len(cases) != 1 {
		t.Fatalf("%d cases, want 1: %+v", len(cases), cases)
	}
	c := cases[0]
	if c.Count != 1 || c.Level == nil || *c.Level != sigma.High || len(c.Evidence) != 2 || c.About < 0 {
		t.Errorf("count %d, level %v, evidence %v, about %d", c.Count, c.Level, c.Evidence, c.About)
	}
	want := map[string]string{
		"first_place": "london-vpn (203.0.113.2)", "second_place": "198.51.100.1 (Singapore SG, AS64500 ExampleNet)",
		"apart": "10,848 km apart", "together": "at once (4m45s overlap)", "devices": "by Firefox/Linux and by Chrome/Windows", "judged_by": "", "second_address": "198.51.100.1",
	}
	for name, value := range want {
		if got := field(c, name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// TestFalseFriends are what looks like two places and is none, or one to mention
// quietly. The level "" is no case.
func TestFalseFriends(t *testing.T) {
	home := look{at: "08:58:00", addr: "198.51.100.49", device: firefox, s: 1}
	for _, c := range []struct {
		name   string
		places World
		want   string
		looks  []look
	}{
		{"the studio's VPN leaves by another city", world, "", and(london, look{at: "09:05:30", addr: "203.0.113.50", device: firefox, s: 1})},
		{"an office and the VPN", world, "", and(london, look{at: "09:05:30", addr: "203.0.113.34", device: chrome, s: 5})},
		{"a cloud desktop far away", world, "", and(london, look{at: "09:05:30", addr: "203.0.113.99", device: chrome, s: 5})},
		{"both protocols of one device", world, "", []look{
			{at: "09:00:00", addr: "198.51.100.17", device: firefox, s: 1}, {at: "09:00:09", addr: "2001:db8:50::7", device: firefox, s: 1},
			{at: "09:00:18", addr: "198.51.100.17", device: firefox, s: 1}}},
		{"two towns for one household", world, "", []look{
			{at: "09:00:00", addr: "198.51.100.17", device: firefox, s: 1}, {at: "09:01:00", addr: "198.51.100.33", device: chrome, s: 2}}},
		{"two towns less than their errors apart", world, "", []look{
			{at: "09:00:00", addr: "198.51.100.17", device: firefox, s: 1}, {at: "09:01:00", addr: "198.51.100.97", device: chrome, s: 2}}},
		{"somebody who says CloudShell, from another network, before", world, "medium", []look{
			{at: "09:00:00", addr: "198.51.100.1", device: cli, s: 1, traits: cloudShell}, {at: "09:02:00", addr: "203.0.113.18", device: firefox, s: 1}}},
		{"CloudShell", world, "", and(london, look{at: "09:08:00", addr: "198.51.100.81", device: cli, s: 1, traits: cloudShell})},
		{"somebody who says CloudShell, from another network", world, "medium", and(london, look{at: "09:08:00", addr: "198.51.100.1", device: cli, s: 1, traits: cloudShell})},
		{"somebody who says CloudShell, with another session", world, "high", and(london, look{at: "09:08:00", addr: "198.51.100.81", device: cli, s: 2, traits: cloudShell})},
		{"at home, then by the VPN", world, "", and(london, home)},
		{"a telephone at home, an hour after the VPN's exit elsewhere", world, "", []look{
			{at: "09:00:00", addr: "203.0.113.50", device: firefox, s: 1}, {at: "10:00:00", addr: "198.51.100.65", device: "/iOS", s: 2}}},
		{"at home without a database, then by the VPN", atlas{"203.0.113.0/28": world["203.0.113.0/28"]}, "", and(london, home)},
		{"a journey that a train makes", world, "", []look{
			{at: "06:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:00:00", addr: "198.51.100.17", device: firefox, s: 1}}},
		{"a journey that nothing makes", world, "medium", []look{
			{at: "06:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:00:00", addr: "198.51.100.1", device: firefox, s: 1}}},
		{"a mobile carrier, one device", world, "low", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "198.51.100.65", device: firefox, s: 1}}},
		{"a mobile carrier, another device", world, "medium", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "198.51.100.65", device: chrome, s: 2}}},
		{"two offices, one device", world, "low", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "203.0.113.34", device: firefox, s: 1}}},
		{"one office by both protocols", world, "", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "2001:db8:5601::1", device: chrome, s: 2}}},
		{"a network used on two earlier days", world, "low", and(london,
			look{at: "-2 12:00:00", addr: "198.51.100.1", device: firefox, s: 7}, look{at: "-4 12:00:00", addr: "198.51.100.2", device: firefox, s: 8},
			look{at: "09:09:05", addr: "198.51.100.1", device: chrome, s: 2})},
		{"a network used on one earlier day", world, "high", and(london,
			look{at: "-2 12:00:00", addr: "198.51.100.1", device: firefox, s: 7}, look{at: "09:09:05", addr: "198.51.100.1", device: chrome, s: 2})},
		{"long-lived keys alone", world, "medium", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: "Boto3/Linux", s: 1, traits: longTerm}, {at: "09:05:00", addr: "198.51.100.1", device: "aws-cli/Windows", s: 1, traits: longTerm}}},
		{"countries alone", atlas{"198.51.100.128/25": world["198.51.100.128/25"], "203.0.113.16/28": {Country: "GB"}}, "high", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "198.51.100.130", device: chrome, s: 2}, {at: "09:06:00", addr: "203.0.113.18", device: firefox, s: 1}}},
		{"nothing known, one after the other", nil, "", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "198.51.100.130", device: chrome, s: 2}}},
		{"nothing known, in turn", nil, "medium", []look{
			{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "198.51.100.130", device: chrome, s: 2}, {at: "09:06:00", addr: "203.0.113.18", device: firefox, s: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			cases := judged(t, c.places, c.looks...)
			for _, x := range cases {
				got += x.Level.String()
			}
			if got != c.want {
				t.Errorf("level %q, want %q: %+v", got, c.want, cases)
			}
		})
	}
}

// TestMidnightMakesNoSecondCase: who is in two places in turn from before
// midnight till after it is one match, of the day on which it began.
func TestMidnightMakesNoSecondCase(t *testing.T) {
	var looks []look
	for i := range 12 {
		looks = append(looks, look{at: fmt.Sprintf("%d %02d:%02d:00", i/6-1, 23-23*(i/6), 30-30*(i/6)+5*(i%6)), addr: []string{"203.0.113.18", "198.51.100.1"}[i%2], device: []string{firefox, chrome}[i%2], s: uint64(1 + i%2)})
	}
	if got := judged(t, world, looks...); len(got) != 0 {
		t.Errorf("%d cases of the day after, want none: %+v", len(got), got)
	}
}

func TestTheDevicesAreSaidWhereOneSightingTellsThem(t *testing.T) {
	cases := judged(t, world, and(london, look{at: "09:09:05", addr: "198.51.100.1", s: 2}, look{at: "09:09:07", addr: "198.51.100.1", device: chrome, s: 2})...)
	if len(cases) != 1 || cases[0].Count != 1 || field(cases[0], "devices") != "by Firefox/Linux and by Chrome/Windows" {
		t.Errorf("%+v", cases)
	}
}

func TestALateRecordIsHeldAgainstBothNeighbours(t *testing.T) {
	for _, late := range []string{"08:00:00", "10:00:00", "12:00:00"} {
		looks := []look{{at: "08:30:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "11:30:00", addr: "203.0.113.18", device: firefox, s: 1}}
		if got := judged(t, world, append(looks, look{at: late, addr: "198.51.100.1", device: chrome, s: 2})...); len(got) != 1 {
			t.Errorf("somebody in Singapore at %s: %d cases, want 1", late, len(got))
		}
	}
}

// TestOrderBatchesAndRepeatsDoNotMatter draws a person's days and tells them in
// any order, in any batches, with repeats, and asks for the days together or
// one by one.
func TestOrderBatchesAndRepeatsDoNotMatter(t *testing.T) {
	addresses := []string{"203.0.113.2", "203.0.113.18", "203.0.113.34", "198.51.100.1", "198.51.100.17", "198.51.100.49", "2001:db8:50::7", "198.51.100.140", "192.0.2.9"}
	rule := NewConcurrent(nil, world)
	rapid.Check(t, func(rt *rapid.T) {
		looks := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) look {
			return look{
				at:   fmt.Sprintf("%d %02d:%02d:00", rapid.IntRange(-1, 1).Draw(rt, "day"), rapid.IntRange(7, 11).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute")),
				addr: rapid.SampledFrom(addresses).Draw(rt, "addr"), device: rapid.SampledFrom([]string{firefox, chrome, cli}).Draw(rt, "device"),
				s: rapid.Uint64Range(1, 2).Draw(rt, "session"), n: rapid.IntRange(0, 2).Draw(rt, "n"),
			}
		}), 1, 40).Draw(rt, "looks")
		told := func(looks []look, sizes int) store {
			s := store{}
			for chunk := range slices.Chunk(looks, sizes) {
				for _, n := range noted(t, stretch, chunk) {
					s.add(n)
				}
			}
			return s
		}
		mixed := rapid.Permutation(append(slices.Clone(looks), looks[:len(looks)/2]...)).Draw(rt, "mixed")
		from, to := today.AddDate(0, 0, -1), today.AddDate(0, 0, 2)
		a, b := told(looks, len(looks)), told(mixed, rapid.IntRange(1, 5).Draw(rt, "batch"))
		want := plain(a.window(from, to, rule.Span()), rule)
		if got := plain(b.window(from, to, rule.Span()), rule); !reflect.DeepEqual(got, want) {
			rt.Fatalf("told otherwise:\n%v\nwant\n%v", got, want)
		}
		var parts []string
		for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
			parts = append(parts, plain(a.window(d, d.AddDate(0, 0, 1), rule.Span()), rule)...)
		}
		if !reflect.DeepEqual(parts, want) {
			rt.Fatalf("day by day:\n%v\nwant\n%v", parts, want)
		}
	})
}

// plain writes cases with their evidence spelt out.
func plain(w *detect.Window, rule detect.Rule) (out []string) {
	for _, c := range rule.Judge(w) {
		if c.Time < w.From || c.Time >= w.To {
			panic("a case of another time")
		}
		text := fmt.Sprint(c.Time, c.First, c.Last, c.Count, c.Fields, *c.Level, c.Marks)
		for _, i := range append(slices.Clone(c.Evidence), max(c.About, 0)) {
			text += fmt.Sprintf(" %d %x", w.Notes[i].Time, w.Notes[i].Value)
		}
		out = append(out, text)
	}
	return out
}

func TestWhateverStandsInANoteIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := store{}
		for range rapid.IntRange(0, 20).Draw(rt, "notes") {
			s.add(detect.Note{Time: today.UnixNano() + rapid.Int64Range(0, int64(day)).Draw(rt, "time"), ID: event.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "id")), Value: rapid.SliceOf(rapid.Byte()).Draw(rt, "value")})
		}
		for _, rule := range []detect.Rule{NewConcurrent(nil, world), NewSharedKey(nil, nil)} {
			rule.Judge(s.window(today, today.AddDate(0, 0, 1), rule.Span()))
		}
	})
}

// keyJudged are the cases of one key's day.
func keyJudged(t testing.TB, places World, looks ...look) []detect.Case {
	rule := NewSharedKey(nil, places)
	s := store{}
	for _, n := range noted(t, keyStretch, looks) {
		s.add(n)
	}
	return rule.Judge(s.window(today, today.AddDate(0, 0, 1), rule.Span()))
}

func TestAKeyInTwoHands(t *testing.T) {
	node := look{at: "09:00:00", addr: "10.16.2.9", device: "aws-sdk-go/Linux", traits: instance}
	later := node
	later.at = "09:30:00"
	for _, c := range []struct {
		name   string
		places World
		want   string
		looks  []look
	}{
		{"a node's key on a laptop", nil, "high", []look{node, {at: "09:00:25", addr: "198.51.100.77", device: "aws-cli/Mac OS X", traits: instance}}},
		{"a node's key on a laptop, between its own calls", nil, "high", []look{node, later, {at: "09:15:25", addr: "198.51.100.77", device: "aws-cli/Mac OS X", traits: instance}}},
		{"a node's key on a Linux that looks alike, outside of Amazon", world, "high", []look{node, {at: "09:00:25", addr: "198.51.100.1", device: "aws-sdk-go/Linux", traits: instance}}},
		{"an instance by its endpoint and by the gateway", world, "", []look{node, {at: "09:00:25", addr: "203.0.113.130", device: "aws-cli/Mac OS X", traits: instance}}},
		{"the same without studio file", nil, "", []look{node, {at: "09:00:25", addr: "203.0.113.130", device: "aws-sdk-go/Linux", traits: instance}}},
		{"a function of Amazon's by many addresses", world, "", []look{
			{at: "09:00:00", addr: "198.51.100.81", device: "Boto3/Linux"}, {at: "09:00:05", addr: "198.51.100.82", device: "aws-cli/Linux"}}},
		{"a laptop that goes home", world, "", []look{{at: "09:00:00", addr: "203.0.113.18", device: firefox}, {at: "09:05:00", addr: "198.51.100.49", device: firefox}}},
		{"another device takes over, an hour later", world, "", []look{{at: "09:00:00", addr: "203.0.113.18", device: firefox}, {at: "10:05:00", addr: "198.51.100.49", device: chrome}}},
		{"another device takes over", world, "high", []look{{at: "09:00:00", addr: "203.0.113.18", device: firefox}, {at: "09:05:00", addr: "198.51.100.49", device: chrome}}},
		{"both protocols", world, "", []look{{at: "09:00:00", addr: "203.0.113.18", device: firefox, s: 1}, {at: "09:05:00", addr: "2001:db8:50::1", device: firefox, s: 1}}},
		{"one provider", world, "", []look{{at: "09:00:00", addr: "198.51.100.17", device: firefox}, {at: "09:05:00", addr: "198.51.100.33", device: chrome}}},
		{"two offices", world, "low", []look{{at: "09:00:00", addr: "203.0.113.18", device: firefox}, {at: "09:05:00", addr: "203.0.113.34", device: chrome}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			cases := keyJudged(t, c.places, c.looks...)
			for _, x := range cases {
				got += x.Level.String()
			}
			if got != c.want {
				t.Errorf("level %q, want %q: %+v", got, c.want, cases)
			}
		})
	}
}
