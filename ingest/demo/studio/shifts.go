package studio

import (
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// Burst is a time of the day at which a production's fleet renders.
type Burst struct {
	Production string
	// From and To are minutes of the studio's day.
	From, To int
}

// Bursts are those of every day.
func Bursts() []Burst {
	return []Burst{
		{"HALO", 1 * 60, 2*60 + 30},
		{"EMBER", 4 * 60, 4*60 + 40},
		{"SABLE", 12*60 + 45, 13*60 + 30},
		{"HALO", 15 * 60, 15*60 + 40},
		{"SABLE", 20 * 60, 22 * 60},
	}
}

const rampMinutes = 10

// Intensity is how hard a production renders at a minute of the day, in percent
// of its fleet: bursts rise and fall over ten minutes.
func Intensity(production string, minute int) int {
	for _, b := range Bursts() {
		if b.Production == production && minute >= b.From && minute < b.To {
			ramp := min(minute-b.From+1, b.To-minute, rampMinutes)
			return 100 * ramp / rampMinutes
		}
	}
	return 0
}

// Daylight is how busy people are at a minute of the day, in percent: London by
// day, Vancouver in its evening, a night shift.
func Daylight(minute int) int {
	percent := [24]int{40, 35, 30, 30, 30, 35, 40, 60, 90, 130, 150, 150, 120, 140, 150, 160, 170, 150, 130, 110, 100, 80, 60, 50}
	return percent[minute/60%24]
}

// Standing is how many nodes of a production run outside bursts.
const Standing = 12

// Farm knows which nodes run when. It belongs to one goroutine.
type Farm struct {
	seed   uint64
	origin time.Time
	fleets map[string][]*Host
}

// NewFarm is the farm of a seed, whose first day begins at origin.
func NewFarm(seed uint64, origin time.Time) *Farm {
	return &Farm{seed: seed, origin: origin, fleets: map[string][]*Host{}}
}

// Nodes are p's nodes at t. They belong to the farm.
func (f *Farm) Nodes(p *Production, t time.Time) []*Host {
	day, minute := Clock(f.origin, t)
	launch, size, running := p.Slug+"/"+strconv.Itoa(day), Standing, Standing
	for i, b := range Bursts() {
		if b.Production == p.Name && minute >= b.From && minute < b.To {
			launch, size = launch+"/"+strconv.Itoa(i), p.Fleet
			running = max(1, size*Intensity(p.Name, minute)/100)
		}
	}
	fleet, known := f.fleets[launch]
	if !known {
		if len(f.fleets) > 16 { // those of days gone by
			clear(f.fleets)
		}
		for n := range size {
			fleet = append(fleet, p.VPC.Node(n, dice.New(f.seed, "launch", launch, strconv.Itoa(n))))
		}
		f.fleets[launch] = fleet
	}
	return fleet[:running]
}

// Clock splits t into the studio's day, counted from origin, and its minute.
func Clock(origin, t time.Time) (day, minute int) {
	const daily = 24 * 60
	minutes := int(t.Sub(origin).Truncate(time.Minute) / time.Minute)
	day = minutes / daily
	if minutes < 0 && minutes%daily != 0 {
		day--
	}
	return day, minutes - day*daily
}
