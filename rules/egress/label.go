package egress

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
)

// A label says in words what a matter is: fields with a tab between them. What
// comes from a log stands in none of them but as an address or a number.
type label struct {
	from, subnet, network, production, tier string
	to, target, owner, port, protocol       string
}

func (r *route) label(f *flow) label {
	l := label{from: r.from.ip.String(), to: r.to.ip.String(), target: networkOf(r.to.ip).String()}
	if r.relation == answered {
		l.from, l.to, l.target = l.to, l.from, networkOf(r.from.ip).String()
		l.name(&r.to, &r.from)
	} else {
		l.name(&r.from, &r.to)
	}
	l.port, l.protocol = strconv.FormatInt(f.port, 10), protocolName(f.protocol)
	return l
}

// name fills in what the studio calls the two ends.
func (l *label) name(from, to *place) {
	if n := from.Network; n != nil {
		l.network, l.production = n.Name, from.production()
	}
	if from.Tier > 0 {
		l.tier = strconv.Itoa(from.Tier)
	}
	if from.Subnet != nil {
		l.subnet = from.Subnet.Name
	}
	switch {
	case to.Network != nil:
		l.target, l.owner = to.Network.Name, to.production()
	case to.Site != nil:
		l.target = "site " + to.Site.Name
	}
}

func (l *label) append(dst []byte) []byte {
	for i, s := range [...]string{l.from, l.subnet, l.network, l.production, l.tier, l.to, l.target, l.owner, l.port, l.protocol} {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = append(dst, strings.ReplaceAll(s, "\t", " ")...)
	}
	return dst
}

func readLabel(b []byte) label {
	p := strings.Split(string(b), "\t")
	for len(p) < 10 {
		p = append(p, "")
	}
	return label{p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]}
}

// where is the source as a person calls it.
func (l *label) where() string {
	switch {
	case l.subnet != "" && l.production != "":
		return "subnet " + l.subnet + " of " + l.production
	case l.production != "":
		return "a network of " + l.production
	case l.subnet != "":
		return "subnet " + l.subnet + " of " + l.network
	case l.network != "":
		return "network " + l.network
	}
	return l.from
}

// of is where, for a machine of which the sentence has spoken already.
func (l *label) of() string {
	if where := l.where(); where != l.from {
		return where
	}
	return "a network that the studio file does not name"
}

func protocolName(n int64) string {
	switch n {
	case 1:
		return "ICMP"
	case 6:
		return "TCP"
	case 17:
		return "UDP"
	case 58:
		return "ICMPv6"
	}
	return "protocol " + strconv.FormatInt(n, 10)
}

// service is port and protocol in words.
func (l *label) service() string {
	if l.port == "0" || l.port == "" {
		return l.protocol
	}
	return l.protocol + " port " + l.port
}

// size is a number of bytes as a person says it.
func size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

func many(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return strconv.Itoa(n) + " " + more
}

// group is the matters that make one case.
type group struct {
	first, last *gather.Matter
	sums        [gather.Width]int64
	evidence    []int
	machines    map[string]bool
	addresses   map[string]bool
	label       label
}

func (g *group) add(m *gather.Matter) {
	if g.first == nil || m.First < g.first.First || m.First == g.first.First && string(m.Label) < string(g.first.Label) {
		g.first, g.label = m, readLabel(m.Label)
	}
	if g.last == nil || m.Last > g.last.Last {
		g.last = m
	}
	for i, n := range m.Sums {
		g.sums[i] += n
	}
	if m.Note >= 0 {
		g.evidence = append(g.evidence, m.Note)
	}
	if g.machines == nil {
		g.machines, g.addresses = map[string]bool{}, map[string]bool{}
	}
	l := readLabel(m.Label)
	g.machines[l.from], g.addresses[l.to] = true, true
}

// found makes the case of a group.
func (g *group) found(key string, count int64, fields ...detect.Field) detect.Case {
	if g.label.tier != "" {
		fields = append(fields, detect.Field{Name: "studio.tier", Value: g.label.tier})
	}
	return detect.Case{
		Key: []byte(key), Time: g.first.First, First: g.first.First, Last: g.last.Last,
		Count: count, Evidence: g.evidence, About: g.first.Note, Fields: fields,
	}
}
