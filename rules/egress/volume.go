package egress

import (
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

const (
	// remembered is how far back the usual volume is learned from.
	remembered = 15 * 24 * time.Hour
	// learned is how long there must have been traffic before it says what is usual.
	learned = 3 * day
	// fewHours is how many sums at least make something usual.
	fewHours = 12
	// large is a record that counts towards volume at all, and great the sum of
	// an hour that can be a case: what is less is no film.
	large = 1_000_000
	great = 1_000_000_000
	// greatOfUnknown is the same for networks that the studio file does not name.
	greatOfUnknown = 10 * great
)

// noteVolume sums up large records to the internet by machine, destination
// network and hour. It is for networks that may go there: what content networks
// send is a case whatever its size.
func noteVolume(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if f.route.relation == outside && f.forth && !f.refused && f.bytes >= large {
		o.gather(f, ev, s, out)
	}
}

// judgeVolume holds each machine's hour to one destination network against all
// such hours of its subnet: by the median, and how far from it half of them lie
// (MAD), because a mean is moved by the very thing that is looked for.
func judgeVolume(r *rule, b *bucket) []detect.Case {
	if len(b.past) == 0 || b.from-b.past[0].Stretch < learned {
		return nil
	}
	var usual []float64
	for i := range b.past {
		usual = append(usual, float64(b.past[i].Sums[sentBytes]))
	}
	bound, median := gather.Unusual(usual)
	bound = max(bound, great)
	if len(usual) < fewHours {
		return nil
	}
	var out []detect.Case
	for i := range b.matters {
		m := &b.matters[i]
		if m.Note < 0 || float64(m.Sums[sentBytes]) <= bound {
			continue
		}
		g := &group{}
		g.add(m)
		l, level := &g.label, r.header.Level
		if l.network == "" { // nobody knows what the network is for
			if level = sigma.Low; m.Sums[sentBytes] < greatOfUnknown {
				continue
			}
		}
		c := g.found(l.from+" "+l.target, m.Sums[sentFlows],
			detect.Field{Name: "of", Value: l.of()},
			detect.Field{Name: "machines", Value: l.from},
			detect.Field{Name: "target", Value: l.target},
			detect.Field{Name: "service", Value: l.service()},
			detect.Field{Name: "sent", Value: size(m.Sums[sentBytes])},
			detect.Field{Name: "usual", Value: size(int64(median))},
			detect.Field{Name: "studio.production", Value: l.production},
		)
		c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, l.production)
		out = append(out, c)
	}
	return out
}

const (
	// known is how long a destination network or a name is not new.
	known = 31 * 24 * time.Hour
	// acquainted is how long a network must have been watched before anything
	// can be new to it.
	acquainted = 7 * day
)

// noteNew notes each destination network once a day.
func noteNew(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if f.route.relation != outside || f.refused || f.unknown {
		return
	}
	sums := o.batch.Add(gather.Seen{
		Group: f.route.group, ID: f.route.target, Stretch: floor(f.time, day), Time: f.time,
		Label: func(dst []byte) []byte {
			l := f.route.label(f)
			return l.append(dst)
		},
	}, ev, s, out)
	if f.forth {
		sums[sentFlows]++
		sums[sentBytes] += f.bytes
	}
}

// judgeNew makes one case of all networks that a subnet reached for the first
// time in a month. Networks are new every day (content delivery); a country
// hardly ever is.
func judgeNew(r *rule, b *bucket) []detect.Case {
	if len(b.past) == 0 || b.from-b.past[0].Stretch < acquainted {
		return nil
	}
	before, countries := map[event.ID]bool{}, map[string]bool{}
	for i := range b.past {
		before[b.past[i].ID] = true
		countries[r.country(&b.past[i])] = true
	}
	g := &group{}
	var networks, abroad []string
	for i := range b.matters {
		m := &b.matters[i]
		if before[m.ID] {
			continue
		}
		g.add(m)
		networks = append(networks, targetOf(m))
		if c := r.country(m); c != "" && !countries[c] {
			countries[c] = true
			abroad = append(abroad, c)
		}
	}
	if len(networks) == 0 {
		return nil
	}
	level := sigma.Low
	if len(abroad) > 0 {
		level = r.header.Level
	}
	l := &g.label
	c := g.found("", int64(len(networks)),
		detect.Field{Name: "from", Value: l.where()},
		detect.Field{Name: "machines", Value: many(len(g.machines), l.from, "machines")},
		detect.Field{Name: "networks", Value: some(networks)},
		detect.Field{Name: "countries", Value: abroadOf(abroad)},
		detect.Field{Name: "sent", Value: size(g.sums[sentBytes])},
		detect.Field{Name: "studio.production", Value: l.production},
	)
	c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, l.production)
	return []detect.Case{c}
}

// country is that of a matter's destination, "" where nobody knows.
func (r *rule) country(m *gather.Matter) string {
	if r.detector.country == nil {
		return ""
	}
	l := readLabel(m.Label)
	ip, err := parse(l.to)
	if err != nil {
		return ""
	}
	return r.detector.country(ip)
}

func abroadOf(countries []string) string {
	if len(countries) == 0 {
		return ""
	}
	slices.Sort(countries)
	return ", in " + some(countries) + " for the first time"
}

// some names the first of a list in alphabetical order, and how many more there are.
func some(list []string) string {
	const most = 8
	list = slices.Sorted(slices.Values(list))
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " and " + many(len(list)-most, "one more", "more")
}
