package locations

import (
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// atOnce is how close in time a key is used from two networks to be in two
// hands. Nobody carries an instance's credentials from one to the other.
const atOnce = 10 * time.Minute

// SharedKey is the rule bw-key-in-two-networks: one temporary access key used
// from two networks at once.
type SharedKey struct {
	rule  *sigma.Rule
	world World
}

// NewSharedKey makes the rule. places may be nil: then networks are compared by
// their addresses alone.
func NewSharedKey(rule *sigma.Rule, world World) *SharedKey {
	return &SharedKey{rule: rule, world: world}
}

// Rule implements detect.Rule.
func (k *SharedKey) Rule() *sigma.Rule { return k.rule }

// Span implements detect.Rule.
func (k *SharedKey) Span() detect.Span {
	return detect.Span{Bucket: day, Before: liveWithin + episodeGap + keyStretch, After: episodeGap}
}

// Observer implements detect.Rule.
func (k *SharedKey) Observer(schema event.Schema) detect.Observer {
	if schema.Dataset() != "aws.cloudtrail" {
		return nil
	}
	return newKeys(schema)
}

// Judge implements detect.Rule.
func (k *SharedKey) Judge(w *detect.Window) []detect.Case {
	cases := eachDay(w, k.Span(), k.world, ofKey)
	for i := range cases {
		cases[i].Fields = append(cases[i].Fields, detect.Field{Name: "key", Value: bound(string(w.Group))})
	}
	return cases
}

// ofKey is the judgement whether one key was in two hands at both spots.
func ofKey(a, b *spot, gap time.Duration, live bool) (v verdict, contradict bool) {
	v.likeness, v.basis = like(&a.sighting, &b.sighting), byNetwork
	if samePlace(a, b) || oneDevice(a, b, v.likeness, gap) || oneNetwork(a, b) || bothInside(a, b) || !live && gap > atOnce {
		return v, false
	}
	p, q := a.place, b.place
	if known := func(s *spot) bool {
		return s.addr.IsPrivate() || s.place.Site != "" || s.place.AS != 0 || s.place.Country != ""
	}; known(a) && known(b) {
		v.basis = byOwner
	}
	if p.Located && q.Located {
		v.basis = byDistance
		v.km, v.errorKm = distance(p, q)
	}
	v.level = sigma.High
	switch {
	case left(a, b) || left(b, a):
	case v.likeness == other:
	default:
		// A laptop that changes its network looks like this too.
		return v, false
	}
	if p.Site != "" && q.Site != "" {
		v.lower(sigma.Low, "both are the studio's own sites")
	}
	return v, true
}

// oneNetwork: one provider's addresses in one country, and all of Amazon's, from
// which functions and builds call by many.
func oneNetwork(a, b *spot) bool {
	p, q := a.place, b.place
	if p.AS != 0 && q.AS != 0 {
		return p.Country == q.Country && p.AS == q.AS || p.amazon() && q.amazon()
	}
	if p.Country != "" && q.Country != "" {
		return p.Country == q.Country && wide(a.addr) == wide(b.addr)
	}
	return wide(a.addr) == wide(b.addr)
}

// bothInside: a machine calls by an endpoint with its private address, and by
// the studio's gateway.
func bothInside(a, b *spot) bool { return inside(a) && inside(b) }

func inside(s *spot) bool { return s.addr.IsPrivate() || s.place.pooled() }

// left: an instance's credentials that are used outside of Amazon's network
// have been carried there.
func left(a, b *spot) bool {
	return a.traits&instance != 0 && a.addr.IsPrivate() && b.place.AS != 0 && !b.place.amazon() && b.place.Site == ""
}
