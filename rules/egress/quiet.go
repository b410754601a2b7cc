package egress

import (
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

func noteTime(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if f.route.relation == unexpected && !f.refused && f.isTime() && !f.route.to.ours() {
		o.gather(f, ev, s, out)
	}
}

// From so many machines or questions a day on it is no stray setting any more.
const (
	manyAsk      = 10
	manyQuestion = 200
)

// judgeTime makes one case of all time servers that a subnet asks in a day.
func judgeTime(r *rule, b *bucket) []detect.Case {
	g := &group{}
	for i := range b.matters {
		g.add(&b.matters[i])
	}
	flows := g.sums[sentFlows]
	if flows == 0 {
		flows = g.sums[backFlows]
	}
	if flows == 0 {
		return nil
	}
	level := sigma.Low
	if len(g.machines) >= manyAsk || flows >= manyQuestion {
		level = r.header.Level
	}
	c := g.found("", flows,
		detect.Field{Name: "from", Value: g.label.where()},
		detect.Field{Name: "machines", Value: many(len(g.machines), g.label.from, "machines")},
		detect.Field{Name: "target", Value: many(len(g.addresses), g.label.to, "servers")},
		detect.Field{Name: "studio.production", Value: g.label.production},
	)
	c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, g.label.production)
	return []detect.Case{c}
}

func noteCrossed(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if f.route.relation == crossed {
		o.gather(f, ev, s, out)
	}
}

// judgeCrossed makes one case of each network that a subnet of another
// production reached in a day. What was let out at one end and refused at the
// other, with no answer, has reached nothing.
func judgeCrossed(r *rule, b *bucket) []detect.Case {
	var out []detect.Case
	for _, g := range byTarget(b.matters) {
		flows := g.sums[sentFlows]
		if flows == 0 {
			flows = g.sums[backFlows]
		}
		if flows == 0 {
			continue
		}
		l, level, did := &g.label, r.header.Level, "reached"
		if g.sums[refusedFlows] > 0 && g.sums[backFlows] == 0 {
			level, did = sigma.Low, "tried to reach"
		}
		c := g.found(l.target, flows,
			detect.Field{Name: "from", Value: l.where()},
			detect.Field{Name: "machines", Value: many(len(g.machines), l.from, "machines")},
			detect.Field{Name: "did", Value: did},
			detect.Field{Name: "target", Value: reached(g, l.target)},
			detect.Field{Name: "service", Value: l.service()},
			detect.Field{Name: "owner", Value: l.owner},
			detect.Field{Name: "tier", Value: l.tier},
			detect.Field{Name: "sent", Value: size(g.sums[sentBytes])},
			detect.Field{Name: "received", Value: size(g.sums[backBytes])},
			detect.Field{Name: "studio.production", Value: l.production},
		)
		c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, l.production)
		out = append(out, c)
	}
	return out
}
