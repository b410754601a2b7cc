package egress

import (
	"bytes"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// query is a question to the resolver of a VPC, as Route 53 Resolver logs it
// (docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html).
type query struct {
	// name is in lower case, without the dot at its end.
	name         string
	vpc, account string
	from         netip.Addr
	time         int64
}

// queries implements detect.Observer for resolver logs.
type queries struct {
	rule                     *rule
	name, vpc, account, from event.Getter
	batch                    gather.Gatherer
	values                   []event.Value
}

func newQueries(r *rule, schema event.Schema) detect.Observer {
	q := &queries{
		rule: r, name: schema.Getter("query_name"), vpc: schema.Getter("vpc_id"), account: schema.Getter("account_id"), from: schema.Getter("srcaddr"),
	}
	if q.name == nil || q.vpc == nil || q.account == nil || q.from == nil {
		return nil
	}
	return q
}

func (o *queries) text(g event.Getter, ev *event.Event, s *event.Scratch) string {
	o.values = g.Append(o.values[:0], ev, s)
	if len(o.values) == 0 {
		return ""
	}
	v := o.values[0]
	if v.Kind == event.Escaped && bytes.IndexByte(v.Bytes, '\\') >= 0 {
		return string(event.AppendUnescaped(nil, v.Bytes))
	}
	return string(v.Bytes)
}

// Event implements detect.Observer.
func (o *queries) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	q := query{name: strings.ToLower(strings.TrimSuffix(o.text(o.name, ev, s), ".")), vpc: o.text(o.vpc, ev, s), account: o.text(o.account, ev, s), time: moment(ev)}
	if q.name == "" {
		return
	}
	q.from, _ = parse(o.text(o.from, ev, s)) // a question without an address is nobody's
	o.rule.query(o, &q, ev, s, out)
}

// Flush implements detect.Observer.
func (o *queries) Flush(out *detect.Notes) { o.batch.Flush(out) }

// parse reads an address, as it is.
func parse(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	return real(ip), err
}

// noteName notes each registered domain that a VPC asks for, once a day. Names
// that mean machines of one's own are left out.
func noteName(o *queries, q *query, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	domain, err := publicsuffix.EffectiveTLDPlusOne(q.name)
	if err != nil || strings.HasSuffix(q.name, ".arpa") || strings.HasSuffix(q.name, ".internal") || strings.HasSuffix(q.name, ".local") {
		return
	}
	d := o.rule.detector
	from := d.locate(q.from, scope{account: q.account, vpc: q.vpc})
	d.adopt(&from, q.vpc, "")
	sums := o.batch.Add(gather.Seen{
		Group: []byte(q.vpc), ID: event.HashID(s, []byte("name"), []byte(q.vpc), []byte(domain)), Stretch: floor(q.time, day), Time: q.time,
		Label: func(dst []byte) []byte {
			l := label{from: q.from.String(), to: q.name, target: domain, protocol: "DNS"}
			nobody := place{Place: nowhere}
			l.name(&from, &nobody)
			l.port = from.Zone
			return l.append(dst)
		},
	}, ev, s, out)
	sums[sentFlows]++
	sums[sentBytes] += int64(len(q.name))
}

// A tunnel in names: many questions for one domain, whose names are as long as
// names can carry.
const (
	manyQueries = 1000
	longName    = 60
)

// judgeNames makes one case of all domains that a VPC asked for the first time
// in a month, and one of each that carries something out in its names.
func judgeNames(r *rule, b *bucket) []detect.Case {
	var out []detect.Case
	before := map[event.ID]bool{}
	for i := range b.past {
		before[b.past[i].ID] = true
	}
	familiar := len(b.past) > 0 && b.from-b.past[0].Stretch >= acquainted
	g := &group{}
	var names []string
	for i := range b.matters {
		m := &b.matters[i]
		if isTunnel(m) {
			out = append(out, r.names(m, "tunnel", r.header.Level))
		} else if familiar && !before[m.ID] {
			g.add(m)
			names = append(names, targetOf(m))
		}
	}
	if len(names) > 0 {
		level := sigma.Low
		if g.label.port == "content" {
			level = min(r.header.Level, sigma.Medium)
		}
		c := g.found("new", int64(len(names)), r.aboutNames(&g.label, g, "asked for names never seen before: "+some(names))...)
		c.Level = &level
		out = append(out, c)
	}
	return out
}

func isTunnel(m *gather.Matter) bool {
	return m.Sums[sentFlows] >= manyQueries && m.Sums[sentBytes] >= longName*m.Sums[sentFlows] && !strings.HasSuffix(targetOf(m), "amazonaws.com")
}

func (r *rule) names(m *gather.Matter, key string, level sigma.Level) detect.Case {
	g := &group{}
	g.add(m)
	l := &g.label
	c := g.found(key+" "+l.target, m.Sums[sentFlows], r.aboutNames(l, g, "asks for long names below "+l.target+", which carry out "+size(m.Sums[sentBytes]))...)
	c.Level = &level
	return c
}

func (r *rule) aboutNames(l *label, g *group, what string) []detect.Field {
	return []detect.Field{
		{Name: "from", Value: l.where()}, {Name: "machines", Value: many(len(g.machines), l.from, "machines")},
		{Name: "what", Value: what}, {Name: "studio.production", Value: l.production},
	}
}
