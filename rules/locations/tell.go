package locations

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/rules/detect"
)

// maxWord bounds each name that a database, a client or the studio file gives.
const maxWord = 64

// tell writes what a person reads of the day's worst contradiction.
func (d *diary) tell(out *detect.Case, e *episode) {
	c := e.top
	a, b := c.a, c.b
	if a.place.Site == "" && b.place.Site != "" { // the studio's place first
		a, b = b, a
	}
	out.About, _ = d.about(b)
	out.Level = &c.level
	out.Marks = c.mitigation
	stayA, stayB := d.stay(a, e), d.stay(b, e)
	say := func(name, value string) {
		if value != "" {
			out.Fields = append(out.Fields, detect.Field{Name: name, Value: value})
		}
	}
	say("first_place", describe(a))
	say("second_place", describe(b))
	far, together, devices, limits := c.far(), together(stayA, stayB), devices(a, b, c.likeness), c.judgedBy(a, b)
	say("apart", far)
	say("together", together)
	say("devices", devices)
	say("judged_by", limits)
	parts := slices.DeleteFunc([]string{far, together, devices}, func(part string) bool { return part == "" })
	how := strings.Join(parts, ", ")
	if limits != "" {
		how += ". Judged by " + limits
	}
	say("how", how)
	say("second_address", b.addr.String())
	say("related.ip", jsonOf([]string{a.addr.String(), b.addr.String()}))
	say("studio.alert.places", jsonOf([]placeSeen{seenAt(a, stayA), seenAt(b, stayB)}))
	if c.basis == byDistance {
		say("studio.alert.distance_km", fmt.Sprint(int64(math.Round(c.km))))
		say("studio.alert.geo_error_km", fmt.Sprint(int64(math.Round(c.errorKm))))
	}
	say("studio.alert.ruled_out", jsonOf(c.ruledOut(a, b)))
	if overlap := time.Duration(min(stayA[1], stayB[1]) - max(stayA[0], stayB[0])); overlap >= 0 {
		say("studio.alert.overlap_s", fmt.Sprint(int64(overlap.Round(time.Second)/time.Second)))
	}
}

// placeSeen is one of the places as the alert lists it.
type placeSeen struct {
	Name   string `json:"name,omitempty"`
	Kind   string `json:"kind"`
	IP     string `json:"ip"`
	Device string `json:"device,omitempty"`
	First  string `json:"first"`
	Last   string `json:"last"`
}

func seenAt(s *spot, stay [2]int64) placeSeen {
	name := bound(s.place.Site)
	if name == "" {
		name = strings.Trim(bound(s.place.City)+", "+bound(s.place.Country), ", ")
	}
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
	return placeSeen{name, cmp.Or(s.place.Kind, "unknown"), s.addr.String(), bound(string(s.device)), at(stay[0]), at(stay[1])}
}

// jsonOf is what can always be written as JSON.
func jsonOf(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// about is the note whose event the alert takes over, -1 for none.
func (d *diary) about(s *spot) (int, bool) {
	if i, ok := d.shows(s); ok {
		return i, true
	}
	return -1, false
}

// stay is how long the person was seen at s's place around the episode: from
// sighting to sighting, none more than an hour after the one before.
func (d *diary) stay(s *spot, e *episode) [2]int64 {
	out := [2]int64{s.first, s.last}
	for i := range d.spots { // forward: in order of begin
		x := &d.spots[i]
		if x.name == s.name && x.first >= out[0] && x.first-out[1] <= int64(episodeGap) {
			out[1] = max(out[1], x.last)
		}
	}
	for i := len(d.spots) - 1; i >= 0; i-- {
		x := &d.spots[i]
		if x.name == s.name && x.first <= out[0] && out[0]-x.last <= int64(episodeGap) {
			out[0] = min(out[0], x.first)
		}
	}
	return out
}

// describe is a place in words.
func describe(s *spot) string {
	p := s.place
	if p.Site != "" {
		return bound(p.Site) + " (" + s.addr.String() + ")"
	}
	var about []string
	if where := strings.Trim(bound(p.City)+" "+bound(p.Country), " "); where != "" {
		about = append(about, where)
	}
	if p.AS != 0 {
		about = append(about, strings.TrimSpace(fmt.Sprintf("AS%d %s", p.AS, bound(p.Owner))))
	}
	if len(about) == 0 {
		return s.addr.String()
	}
	return s.addr.String() + " (" + strings.Join(about, ", ") + ")"
}

func (c *conflict) far() string {
	if c.basis == byDistance {
		return fmt.Sprintf("%s km apart", thousands(c.km))
	}
	return ""
}

// thousands writes a number as 14,800.
func thousands(km float64) string {
	n := int64(math.Round(km))
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// together says how the stays lie in time.
func together(a, b [2]int64) string {
	overlap := time.Duration(min(a[1], b[1]) - max(a[0], b[0]))
	if overlap >= 0 {
		return "at once (" + span(overlap) + " overlap)"
	}
	return "within " + span(-overlap)
}

// span is a length of time as people say it: 4m45s, 2h10m.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
		return strings.TrimSuffix(d.String(), "0s")
	}
	return d.String()
}

func devices(a, b *spot, l likeness) string {
	x, y := string(a.device), string(b.device)
	switch {
	case x == "" && y == "":
		return ""
	case l == same:
		return "on a device that looks the same (" + bound(y) + ")"
	case x == "" || y == "":
		return "by " + bound(x+y)
	case x == y:
		return "by " + bound(x) + ", in different versions"
	}
	return "by " + bound(x) + " and by " + bound(y)
}

// ruledOut are the harmless explanations that do not hold, as far as anybody
// could tell.
func (c *conflict) ruledOut(a, b *spot) []string {
	out := []string{"AWS acting for the person", "IPv4 and IPv6 of one device", "CloudShell"}
	if a.place.Site != "" || b.place.Site != "" { // there is a studio file
		out = append(out, "one site or VPN of the studio")
		if !a.place.remote() && !b.place.remote() {
			out = append(out, "a cloud desktop")
		}
	}
	if c.basis == byDistance {
		out = append(out, "the databases' error", "a journey of up to 1,000 km/h")
	}
	if c.likeness == other {
		out = append(out, "one device that moves")
	}
	if a.place.AS != 0 || b.place.AS != 0 {
		if !a.place.mobile() && !b.place.mobile() {
			out = append(out, "a mobile carrier's network")
		}
	}
	return out
}

// judgedBy says what the judgement lacked.
func (c *conflict) judgedBy(a, b *spot) string {
	switch c.basis {
	case byCountry:
		return "countries alone: distances are not known"
	case bySite:
		return "the studio's sites alone: no database told where " + b.addr.String() + " is"
	case byNetwork:
		return "networks alone: neither studio file nor database told where they are"
	}
	return ""
}

// bound shortens what others wrote.
func bound(s string) string {
	if len(s) <= maxWord {
		return s
	}
	return strings.ToValidUTF8(s[:maxWord], "") + "…"
}
