package egress

import (
	"slices"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// What the sums of a matter are.
const (
	sentFlows = iota // records from opener to destination
	sentBytes
	backFlows // records of the way back
	backBytes
	answerFlows // records that only their ports call an answer
	answerBytes
	refusedFlows
	unknownFlows // of sentFlows, those of which nobody can tell who asked
)

// isTime tells whether a record is a question to a public time server, or its
// answer: a port of its own, and packets too small to carry anything else out.
func (f *flow) isTime() bool {
	return f.protocol == 17 && f.port == 123 && f.bytes <= 96*max(f.packets, 1)
}

// gather counts a record into the matter of its machine and destination network.
func (o *observer) gather(f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	sums := o.batch.Add(gather.Seen{
		Group: f.route.group, ID: f.route.machine, Stretch: floor(f.time, hour), Time: f.time,
		Aside: f.refused,
		Label: func(dst []byte) []byte {
			l := f.route.label(f)
			return l.append(dst)
		},
	}, ev, s, out)
	switch {
	case f.refused:
		sums[refusedFlows]++
	case f.route.relation == answered && !f.forth:
		sums[answerFlows]++
		sums[answerBytes] += f.bytes
	case f.route.relation == answered:
		sums[backFlows]++
		sums[backBytes] += f.bytes
	case f.forth:
		sums[sentFlows]++
		sums[sentBytes] += f.bytes
		if f.unknown {
			sums[unknownFlows]++
		}
	default:
		sums[backFlows]++
		sums[backBytes] += f.bytes
	}
}

func noteUnexpected(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if r := f.route.relation; (r == unexpected || r == answered) && !f.refused && !f.isTime() {
		o.gather(f, ev, s, out)
	}
}

// maxTargets is how many destination networks of a subnet get a case of their
// own in a day; the rest are one case. A scan of the internet is one finding.
const maxTargets = 16

func judgeUnexpected(r *rule, b *bucket) []detect.Case {
	groups := byTarget(b.matters)
	var out []detect.Case
	rest := &group{}
	others := 0
	for i, g := range groups {
		if i < maxTargets {
			if c, ok := r.unexpected(g, g.label.target, g.label.target); ok {
				out = append(out, c)
			}
			continue
		}
		others++
		for _, m := range b.matters {
			if targetOf(&m) == g.label.target {
				rest.add(&m)
			}
		}
	}
	if others > 0 {
		if c, ok := r.unexpected(rest, "others", strconv.Itoa(others)+" more networks"); ok {
			out = append(out, c)
		}
	}
	return out
}

func targetOf(m *gather.Matter) string {
	l := readLabel(m.Label)
	return l.target
}

// byTarget puts together the matters of each destination network, in the order
// in which they were first reached.
func byTarget(matters []gather.Matter) []*group {
	by := map[string]*group{}
	var out []*group
	for i := range matters {
		if matters[i].Note < 0 {
			continue // nothing but refusals
		}
		t := targetOf(&matters[i])
		if by[t] == nil {
			by[t] = &group{}
			out = append(out, by[t])
		}
		by[t].add(&matters[i])
	}
	slices.SortFunc(out, func(a, b *group) int {
		if a.first.First != b.first.First {
			return int(min(max(a.first.First-b.first.First, -1), 1))
		}
		return strings.Compare(a.label.target, b.label.target)
	})
	return out
}

// muchAnswered is from how many bytes on what only its ports call an answer is a
// case: nobody asks a render node from the internet.
const muchAnswered = 10_000_000

func (r *rule) unexpected(g *group, key, target string) (detect.Case, bool) {
	flows, bytes, how := g.sums[sentFlows], g.sums[sentBytes], "sent"
	level := r.header.Level
	switch {
	case flows > 0:
	case g.sums[backFlows] > 0 && g.sums[answerFlows] == 0:
		// Only the way back was recorded: the question was lost with a gap.
		flows = g.sums[backFlows]
	case g.sums[answerBytes] >= muchAnswered:
		flows, bytes, how = g.sums[answerFlows], g.sums[answerBytes], "answered with"
		level = min(level, sigma.Medium)
	default:
		return detect.Case{}, false
	}
	l := &g.label
	c := g.found(key, flows,
		detect.Field{Name: "from", Value: l.where()},
		detect.Field{Name: "machines", Value: many(len(g.machines), l.from, "machines")},
		detect.Field{Name: "target", Value: reached(g, target)},
		detect.Field{Name: "service", Value: l.service()},
		detect.Field{Name: "how", Value: how},
		detect.Field{Name: "sent", Value: size(bytes)},
		detect.Field{Name: "received", Value: size(g.sums[backBytes])},
		detect.Field{Name: "studio.production", Value: l.production},
	)
	c.Level, c.Marks = &level, r.detector.marks(c.First, c.Last, l.production)
	if g.sums[unknownFlows] == g.sums[sentFlows] && g.sums[sentFlows] > 0 {
		c.Marks = append(c.Marks, "the flow log does not tell who opened the connection")
	}
	return c, true
}

// reached is the destination in words: the one address, or the network.
func reached(g *group, target string) string {
	if len(g.addresses) == 1 {
		for ip := range g.addresses {
			if strings.HasPrefix(target, "site ") || !strings.Contains(target, "/") {
				return ip + " (" + target + ")"
			}
			return ip
		}
	}
	return target
}
