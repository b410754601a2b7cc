package scan

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
)

// groupLines are who, what, when and what to do.
func groupLines(g *Group) [][2]string {
	lines := [][2]string{{"who", who(g)}}
	if m := field(g.Sample, event.KeyMessage); m != "" {
		lines = append(lines, [2]string{"what", m})
	}
	lines = append(lines, [2]string{"when", when(g.First, g.Last)})
	for _, mark := range gjson.Parse(field(g.Sample, event.KeyStudioAlertMarks)).Array() {
		lines = append(lines, [2]string{"but", mark.String()})
	}
	for _, do := range gjson.Parse(field(g.Sample, event.KeyStudioAlertDo)).Array() {
		lines = append(lines, [2]string{"do", do.String()})
	}
	return lines
}

// who is the human, or else the user or machine, in which role, from where and in
// which account.
func who(g *Group) string {
	if g.Rest {
		return "everybody else: there are too many groups to keep apart"
	}
	get := func(k event.Key) string { return field(g.Sample, k) }
	parts := []string{g.Person}
	if g.Person == "" {
		parts[0] = "not named by the record"
	}
	if role := get(event.KeyStudioIdentityRole); role != "" && role != g.Person {
		if via := get(event.KeyStudioIdentityVia); via != "" {
			role += " by " + via
		}
		parts = append(parts, "role "+role)
	}
	if g.Source != "" {
		from := "from " + g.Source
		if place := where(g); place != "" {
			from += " (" + place + ")"
		}
		parts = append(parts, from)
	}
	switch id, name := get(event.KeyCloudAccountID), get(event.KeyCloudAccountName); {
	case name != "" && id != "":
		parts = append(parts, "account "+name+" ("+id+")")
	case id != "":
		parts = append(parts, "account "+id)
	}
	return strings.Join(parts, ", ")
}

// where is what is known of the source's address: the studio's name for it, or
// what a database says.
func where(g *Group) string {
	get := func(k event.Key) string { return field(g.Sample, k) }
	for _, k := range []event.Key{event.KeyStudioSourceSite, event.KeyStudioSourceNetwork, event.KeyStudioSite} {
		if name := get(k); name != "" {
			return name
		}
	}
	city, country := get(event.KeySourceGeoCityName), get(event.KeySourceGeoCountryIsoCode)
	return strings.TrimPrefix(strings.TrimSuffix(city+" "+country, " "), " ")
}
