package locations

import (
	"time"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// What counts as a contradiction.
const (
	// speedKmh is as fast as an airliner, door to door would be slower.
	speedKmh = 1000
	// minKm is the least distance, errors taken off, that is looked at.
	minKm = 100
	// sameDeviceWithin is how close in time two protocols of one device are used.
	sameDeviceWithin = 10 * time.Minute
	// liveWithin is how long a session that was used counts as live, where no
	// distance is known and only two live sessions contradict each other.
	liveWithin = time.Hour
	// farthest is the longest that any journey takes: half round the earth.
	farthest = 24 * time.Hour
)

// basis is what two places were told apart by.
type basis uint8

const (
	byDistance basis = iota
	byOwner
	byCountry
	bySite
	byNetwork
)

// spot is a sighting and what is known of its place.
type spot struct {
	sighting
	place *Place
	// name tells its place from others, see name.
	name string
	// usualNetwork and usualCountry say that the person was there on two earlier days.
	usualNetwork, usualCountry bool
}

// verdict is what two spots say about each other.
type verdict struct {
	basis      basis
	km         float64
	errorKm    float64
	level      sigma.Level
	likeness   likeness
	mitigation []string
}

// ofPerson is the judgement whether a person cannot have been at both spots.
func ofPerson(a, b *spot, gap time.Duration, live bool) (v verdict, contradict bool) {
	v.likeness = like(&a.sighting, &b.sighting)
	if samePlace(a, b) || oneDevice(a, b, v.likeness, gap) || throughCloudShell(a, b) || ownDoors(a.place, b.place) {
		return v, false
	}
	if !v.apart(a, b, gap, live) {
		return v, false
	}
	return v, v.weigh(a, b)
}

// samePlace: the studio says so, or the network does, whatever the database says.
func samePlace(a, b *spot) bool {
	if a.place.Site != "" || b.place.Site != "" {
		return a.place.Site == b.place.Site
	}
	return prefix(a.addr) == prefix(b.addr)
}

// sameSession reports whether both are known to be of one session.
func sameSession(a, b *spot) bool { return a.session != 0 && a.session == b.session }

// oneDevice: IPv4 and IPv6 of one device often leave by different towns.
func oneDevice(a, b *spot, l likeness, gap time.Duration) bool {
	return a.addr.Is4() != b.addr.Is4() && sameSession(a, b) && l != other && gap <= sameDeviceWithin
}

// throughCloudShell: its calls come from Amazon's network with the console
// session's own rights. The word of the client alone is not believed: the
// session must be the same, and the network Amazon's wherever that is known.
func throughCloudShell(a, b *spot) bool {
	if !sameSession(a, b) || (a.traits|b.traits)&cloudShell == 0 {
		return false
	}
	return a.traits&cloudShell != 0 && maybeAmazon(a) || b.traits&cloudShell != 0 && maybeAmazon(b)
}

func maybeAmazon(s *spot) bool { return s.place.AS == 0 || s.place.amazon() }

// ownDoors: whoever is at one of the studio's sites may leave by another's VPN,
// work on a cloud desktop or go through a gateway. That is not travel.
func ownDoors(a, b *Place) bool {
	return a.Site != "" && b.Site != "" && (a.pooled() || b.pooled())
}

// apart finds what tells the places apart and whether that is a contradiction.
func (v *verdict) apart(a, b *spot, gap time.Duration, live bool) bool {
	p, q := a.place, b.place
	if p.Located && q.Located {
		v.basis = byDistance
		v.km, v.errorKm = distance(p, q)
		way := v.km - v.errorKm
		if p.pooled() || q.pooled() {
			// Its door is there, the person need not be: nobody travels to use it.
			return live && way >= minKm
		}
		return way >= minKm && way/speedKmh > max(0, gap).Hours()
	}
	switch {
	case p.Country != "" && q.Country != "":
		v.basis = byCountry
		return live && p.Country != q.Country
	case p.Site != "" || q.Site != "":
		v.basis = bySite
	default:
		v.basis = byNetwork
		if p.AS != 0 && p.AS == q.AS || wide(a.addr) == wide(b.addr) {
			return false
		}
	}
	// Nobody knows how far it is: a person at home who switches the VPN on looks
	// the same, so the devices must differ too.
	return live && v.likeness == other
}

// weigh sets the level; false means that the contradiction is explained.
func (v *verdict) weigh(a, b *spot) bool {
	v.level = sigma.High
	if v.likeness == same || v.likeness == unsure && sameSession(a, b) {
		v.level = sigma.Medium
	}
	if v.basis == byNetwork {
		v.level = min(v.level, sigma.Medium)
	}
	for _, s := range [...]*spot{a, b} {
		v.outside(s)
	}
	p, q := a.place, b.place
	switch {
	case p.Site != "" && q.Site != "":
		// Offices back each other up: traffic of one may leave by the other.
		v.lower(sigma.Medium, "")
		if v.likeness != other {
			v.lower(sigma.Low, "both are the studio's own sites, and the device may be the same")
		}
	case p.remote() || q.remote():
		// The person at a cloud desktop is somewhere else by definition.
		v.lower(sigma.Low, "one is a machine of the studio that people work on from elsewhere")
	case (p.pooled() || q.pooled()) && p.Country != "" && p.Country == q.Country && v.likeness != other:
		v.lower(sigma.Low, "the VPN was used from the same country")
	case p.Country != "" && p.Country == q.Country:
		v.lower(sigma.Medium, "")
	}
	if a.traits&b.traits&longTerm != 0 {
		v.lower(sigma.Medium, "both use long-lived access keys, which programs use too")
	}
	return true
}

// outside weighs a place that is none of the studio's.
func (v *verdict) outside(s *spot) {
	if s.place.Site != "" {
		return
	}
	switch {
	case s.usualNetwork:
		v.lower(sigma.Low, "the person used this network on earlier days")
	case s.usualCountry && v.likeness != other:
		v.lower(sigma.Low, "the person was in this country on earlier days, with such a device")
	case s.usualCountry:
		v.lower(sigma.Medium, "the person was in this country on earlier days")
	}
	if s.place.mobile() && v.likeness != other {
		v.lower(sigma.Low, "a mobile carrier's network, and no other device")
	}
}

func (v *verdict) lower(to sigma.Level, why string) {
	if why != "" {
		v.mitigation = append(v.mitigation, why)
	}
	v.level = min(v.level, to)
}
