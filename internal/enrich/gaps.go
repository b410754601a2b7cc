package enrich

import (
	"fmt"
	"time"
)

// stale is the age from which a database of locations is complained of: the
// free ones come out once a month.
const stale = 92 * 24 * time.Hour

// Gaps says what is not known and what that costs, one sentence each, for
// validate and for the start of the service.
func (k *Knowledge) Gaps(now time.Time) []string {
	var out []string
	if k == nil || k.Studio == nil {
		out = append(out, "no studio file: whose network, key or production something is, is not known; `rules list --idle` names the rules that wait for it")
	}
	switch {
	case k == nil || !k.Geo.Countries():
		out = append(out, "no location database (geoip.city): two places at once are told for places of the studio file alone")
	case !k.Geo.Cities():
		out = append(out, "the location database knows countries only: two places at once are told by country, or by the studio file")
	}
	if k == nil || !k.Geo.Systems() {
		out = append(out, "no database of autonomous systems (geoip.asn): networks have no owner's name")
	}
	if k == nil {
		return out
	}
	if built := k.Geo.Built(); !built.IsZero() && now.Sub(built) > stale {
		out = append(out, fmt.Sprintf("the location databases are of %s: addresses have moved since, so that places may be wrong", built.Format(time.DateOnly)))
	}
	if s := k.Studio.Studio(); s != nil {
		for i := range s.Exceptions {
			if e := &s.Exceptions[i]; e.Expired(now.UnixNano()) {
				out = append(out, fmt.Sprintf("the exception of %s from %s, owned by %s, ended on %s: renew it or take it out", e.Subject, e.Rule, e.Owner, e.Expires))
			}
		}
	}
	return out
}
