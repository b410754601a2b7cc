package egress

import (
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
)

// noteGap notes what cannot be judged: stretches that AWS did not record, and
// traffic to a NAT gateway whose log does not say what lies behind.
func noteGap(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	switch {
	case f.gap:
		sums := o.batch.Add(gather.Seen{
			Group: []byte(f.account), ID: event.HashID(s, []byte("gap"), []byte(f.account), []byte(f.machine)), Stretch: floor(f.time, hour), Time: f.time,
			Label: func(dst []byte) []byte {
				l := label{from: f.machine, network: f.account, protocol: "gap"}
				return l.append(dst)
			},
		}, ev, s, out)
		sums[sentFlows]++
	case f.route.relation == hidden && !f.refused:
		o.gather(f, ev, s, out)
	}
}

func judgeGap(r *rule, b *bucket) []detect.Case {
	gaps, nat := &group{}, &group{}
	for i := range b.matters {
		if l := readLabel(b.matters[i].Label); l.protocol == "gap" {
			gaps.add(&b.matters[i])
		} else {
			nat.add(&b.matters[i])
		}
	}
	var out []detect.Case
	if gaps.first != nil {
		n := gaps.sums[sentFlows]
		out = append(out, gaps.found("gap", n,
			detect.Field{Name: "from", Value: "account " + gaps.label.network},
			detect.Field{Name: "machines", Value: many(len(gaps.machines), gaps.label.from, "interfaces")},
			detect.Field{Name: "why", Value: "AWS skipped " + times(n) + " of recording (SKIPDATA)"},
		))
	}
	if nat.first != nil {
		n := nat.sums[sentFlows]
		out = append(out, nat.found("nat", n,
			detect.Field{Name: "from", Value: nat.label.where()},
			detect.Field{Name: "machines", Value: many(len(nat.machines), nat.label.from, "machines")},
			detect.Field{Name: "why", Value: "the flow log has no pkt-dstaddr, and " + strconv.FormatInt(n, 10) + " flows went to a NAT gateway"},
			detect.Field{Name: "studio.production", Value: nat.label.production},
		))
	}
	return out
}

func times(n int64) string {
	if n == 1 {
		return "one interval"
	}
	return strconv.FormatInt(n, 10) + " intervals"
}
