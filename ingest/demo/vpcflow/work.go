package vpcflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Work is the daily traffic of everything, without the story. It belongs to one
// goroutine; its windows are asked for in order of time.
type Work struct {
	format *Format
	seed   uint64
	// origin is when the studio's first day begins, begin when its logs do.
	origin, begin time.Time
	shows         map[*studio.VPC]*studio.Production
	farm          *studio.Farm
}

// NewWork is the traffic of a studio whose first day begins at origin and whose
// logs begin at begin, written in format.
func NewWork(st *studio.Studio, format *Format, seed uint64, origin, begin time.Time) *Work {
	w := &Work{format: format, seed: seed, origin: origin, begin: begin, farm: studio.NewFarm(seed, origin), shows: map[*studio.VPC]*studio.Production{}}
	for _, p := range st.Productions {
		w.shows[p.VPC] = p
	}
	return w
}

const perBurst = 90

// Weight is the VPC's share of all rows at a time, compared with other VPCs and times.
func (w *Work) Weight(v *studio.VPC, at time.Time) int64 {
	_, minute := studio.Clock(w.origin, at)
	switch p := w.shows[v]; {
	case p != nil:
		return int64(70 + perBurst*studio.Intensity(p.Name, minute))
	case v.Kind == "management":
		return int64(80 + studio.Daylight(minute)/2)
	}
	return 20
}

// Fill adds to l what the VPC's interfaces log in [from, to): minutes that ended
// then, as many hosts and conversations as make size bytes, to the nearest row.
func (w *Work) Fill(l *Lines, v *studio.VPC, from, to time.Time, size int64) {
	d := dice.New(w.seed, "vpcflow", v.Name, from.Format(time.RFC3339))
	begun, steps := l.Size(), max(1, int(to.Sub(from)/time.Minute))
	for step := range steps {
		end := from.Add(to.Sub(from) * time.Duration(step+1) / time.Duration(steps))
		left := size*int64(step+1)/int64(steps) - (l.Size() - begun)
		w.minute(l, v, d, end, left)
	}
}

// minute goes round the interfaces until size bytes are written.
func (w *Work) minute(l *Lines, v *studio.VPC, d *dice.Dice, end time.Time, size int64) {
	day, _ := studio.Clock(w.origin, end)
	s := &scene{dice: d, vpc: v, day: day}
	hosts := v.Hosts
	if p := w.shows[v]; p != nil {
		s.nodes = w.farm.Nodes(p, end.Add(-time.Minute))
		hosts = slices.Concat(v.Hosts, s.nodes)
	}
	begun, last := l.Size(), int64(0)
	for next := d.IntN(len(hosts)); size-(l.Size()-begun) > last/2; {
		s.rows = s.rows[:0]
		for n := 0; n < together && int64(len(s.rows))*usualRow < size-(l.Size()-begun); n++ {
			s.host = hosts[next%len(hosts)]
			next++
			w.capture(s, end)
		}
		for left := s.rows; len(left) > 0 && size-(l.Size()-begun) > last/2; left = left[1:] {
			n := d.IntN(len(left))
			left[0], left[n] = left[n], left[0]
			last = l.Add(&left[0])
		}
	}
}

// usualRow is about the length of a row in bytes, rather less.
const usualRow = 80

// together is how many interfaces' rows stand mixed in a file.
const together = 16

// capture is what one interface tells of one minute.
func (w *Work) capture(s *scene, end time.Time) {
	stop := end.Unix() - int64(s.dice.IntN(12))
	row := Flow{VPC: s.vpc, Host: s.host, Start: max(stop-60, w.begin.Unix()), End: max(stop, w.begin.Unix()+1)}
	talks := s.talks()
	if quiet := s.quiet(talks); quiet != "" {
		row.Status = quiet
		s.rows = append(s.rows, row)
		return
	}
	for most := len(s.rows) + s.dice.Between(8, 40); len(s.rows) < most; {
		if s.dice.Chance(0.04) || talks == nil || (s.host.Subnet.Name == "public" && s.dice.Chance(0.6)) {
			s.refuse(row)
		} else {
			s.converse(row, pick(s.dice, talks))
		}
	}
}

// quiet is why an interface has nothing to tell, if it has not.
func (s *scene) quiet(talks []talk) string {
	switch {
	case talks == nil && s.dice.Chance(0.8), s.dice.Chance(0.01):
		return "NODATA"
	case s.dice.Chance(0.0008):
		return "SKIPDATA"
	}
	return ""
}

func pick(d *dice.Dice, talks []talk) talk {
	total := 0
	for _, t := range talks {
		total += t.weight
	}
	n := d.IntN(total)
	for _, t := range talks {
		if n -= t.weight; n < 0 {
			return t
		}
	}
	panic("weights do not add up")
}

// converse is one conversation as the interface saw it: both ways.
func (s *scene) converse(row Flow, t talk) {
	peer := t.peers(s)
	port := s.clientPort(t, peer)
	there, back := row, row
	there.Protocol, back.Protocol = t.protocol, t.protocol
	there.Service, back.Service = t.service, t.service
	there.Path, back.Path = t.path, t.path
	there.Source, there.SourcePort, there.Destination, there.DestinationPort = s.host.IP, port, peer, t.port
	if t.serves {
		there.Source, there.Destination = peer, s.host.IP
	}
	back.Source, back.SourcePort, back.Destination, back.DestinationPort = there.Destination, there.DestinationPort, there.Source, there.SourcePort
	there.Egress, back.Egress = !t.serves, t.serves
	if t.protocol == tcp {
		there.Flags, back.Flags = 3, 19
		if t.lasting {
			there.Flags, back.Flags = 0, 0
		}
	}
	there.Bytes, there.Packets = amount(s.dice, t.up)
	back.Bytes, back.Packets = amount(s.dice, t.down)
	if !t.lasting { // seen from its first to its last packet
		there.Start += int64(s.dice.IntN(30))
		there.End = min(there.End, there.Start+int64(s.dice.Between(1, 60)))
		back.Start, back.End = there.Start, there.End
	}
	s.rows = append(s.rows, there, back)
}

func amount(d *dice.Dice, within [2]int) (bytes, packets int64) {
	n := d.Skewed(within[0], within[1])
	return int64(n), int64(max(1, n/d.Between(90, 1460)))
}

func (s *scene) clientPort(t talk, peer string) int {
	switch {
	case t.protocol == icmp:
		return 0
	case !t.lasting:
		return s.dice.Between(32768, 60999)
	}
	kept := dice.New(0, "port", s.host.IP, peer, strconv.Itoa(t.port), strconv.Itoa(s.day))
	if t.low {
		return kept.Between(665, 1023)
	}
	return kept.Between(32768, 60999)
}

// refuse is a packet that a security group turned away.
func (s *scene) refuse(row Flow) {
	row.Reject, row.Destination = true, s.host.IP
	row.Source, row.SourcePort = listener(s), s.dice.Between(32768, 60999)
	if s.host.Subnet.Name == "public" {
		row.Source = outside(s)
		if strings.Contains(row.Source, ":") {
			row.Destination = fmt.Sprintf("2001:db8:a%d::a%s", s.vpc.Net, s.host.IP[strings.LastIndexByte(s.host.IP, '.')+1:])
		}
	}
	row.Protocol, row.Packets, row.Flags = tcp, int64(s.dice.Between(1, 3)), 2
	row.DestinationPort = dice.Pick(s.dice, []int{22, 23, 80, 443, 445, 1433, 3389, 5900, 6379, 8080, 8443, 9200, 27017, s.dice.Between(1024, 65535)})
	if s.dice.Chance(0.2) {
		row.Protocol, row.Flags, row.DestinationPort = udp, 0, dice.Pick(s.dice, []int{161, 123, 1900, 5060, 389})
	}
	row.Bytes = row.Packets * int64(dice.Pick(s.dice, []int{40, 44, 48, 52, 60}))
	row.Start += int64(s.dice.IntN(30))
	row.End = min(row.End, row.Start+int64(s.dice.IntN(9)))
	s.rows = append(s.rows, row)
}
