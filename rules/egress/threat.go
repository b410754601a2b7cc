package egress

import (
	"net/netip"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// either is the entry that holds one of two addresses, "" if none does.
func (t *Threats) either(to, from netip.Addr) string {
	if t == nil {
		return ""
	}
	if entry := t.address(to); entry != "" {
		return entry
	}
	return t.address(from)
}

// noteThreat notes what was spoken with an address of a threat list, by the
// entry. Whoever knocks from there and is refused is the internet's weather.
func noteThreat(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	entry := f.route.listed
	if entry == "" {
		return
	}
	ours := f.route.from
	outbound := o.rule.detector.threats.address(ours.ip) == ""
	if !outbound {
		if f.refused {
			return
		}
		ours = f.route.to
	}
	sums := o.batch.Add(gather.Seen{
		Group: []byte(entry), ID: event.HashID(s, []byte(entry), []byte(ours.ip.String())), Stretch: floor(f.time, hour), Time: f.time,
		Label: func(dst []byte) []byte {
			r := *f.route
			if !outbound {
				r.from, r.to = r.to, r.from
			}
			l := r.label(f)
			l.target = entry
			return l.append(dst)
		},
	}, ev, s, out)
	switch {
	case f.refused:
		sums[refusedFlows]++
	case !outbound:
		sums[answerFlows]++
		if !f.forth {
			sums[answerBytes] += f.bytes
		}
	case f.forth:
		sums[sentFlows]++
		sums[sentBytes] += f.bytes
	default:
		sums[backFlows]++
		sums[backBytes] += f.bytes
	}
}

// noteListed notes a question for a name of a threat list.
func noteListed(o *queries, q *query, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	entry := o.rule.detector.threats.name(q.name)
	if entry == "" {
		return
	}
	from := o.rule.detector.locate(q.from, scope{account: q.account, vpc: q.vpc})
	sums := o.batch.Add(gather.Seen{
		Group: []byte(entry), ID: event.HashID(s, []byte(entry), []byte(q.from.String())), Stretch: floor(q.time, hour), Time: q.time,
		Label: func(dst []byte) []byte {
			l := label{from: q.from.String(), to: q.name, target: entry, protocol: "DNS"}
			nobody := place{Place: nowhere}
			l.name(&from, &nobody)
			return l.append(dst)
		},
	}, ev, s, out)
	sums[sentFlows]++
}

func judgeThreat(r *rule, b *bucket) []detect.Case {
	g := &group{}
	for i := range b.matters {
		g.add(&b.matters[i])
	}
	l, level, did := &g.label, r.header.Level, "reached"
	flows := g.sums[sentFlows]
	switch {
	case l.protocol == "DNS":
		did = "asked for"
	case flows > 0:
	case g.sums[backFlows] > 0:
		flows = g.sums[backFlows]
	case g.sums[answerFlows] > 0:
		did, flows, level = "was reached by", g.sums[answerFlows], min(level, sigma.Medium)
	case g.sums[refusedFlows] > 0:
		did, flows, level = "was refused", g.sums[refusedFlows], min(level, sigma.Medium)
	default:
		return nil
	}
	c := g.found("", flows,
		detect.Field{Name: "of", Value: l.of()},
		detect.Field{Name: "machines", Value: many(len(g.machines), l.from, "machines")},
		detect.Field{Name: "did", Value: did},
		detect.Field{Name: "target", Value: many(len(g.addresses), l.to, "addresses")},
		detect.Field{Name: "entry", Value: l.target},
		detect.Field{Name: "service", Value: l.service()},
		detect.Field{Name: "sent", Value: size(g.sums[sentBytes] + g.sums[answerBytes])},
		detect.Field{Name: "received", Value: size(g.sums[backBytes])},
		detect.Field{Name: "studio.production", Value: l.production},
	)
	c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, l.production)
	return []detect.Case{c}
}
