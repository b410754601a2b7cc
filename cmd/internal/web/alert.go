package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// around is how far before and after an alert its trail reaches.
const around = 10 * time.Minute

// shownEvidence bounds the events that are shown whole on one page.
const shownEvidence = 20

type alertPage struct {
	frame
	*local.Alert
	Level    string
	Do       []string
	Rule     ruleInfo
	Evidence []evidenceItem
	Unshown  int
	Trails   []trail
	Extra    []field // what the rule asked to be shown
	// What else is known of who and where, "" if nothing is.
	AccountName, Tier, Role, Via, Place string
	Marks                               []string // why it may be expected
	RuledOut                            []string // harmless explanations that do not hold
	Incomplete                          bool     // not all has come that it rests on
	Record                              *record  // the alert's own document
	Same                                string   // the address of other cases of this rule and subject
}

// ruleInfo is what the alert says of its rule.
type ruleInfo struct {
	ID, Name, Version, Description, License string
	Authors, Tags                           []string
	References                              []reference
}

// evidenceItem is one event behind the alert, with its fields where it is there.
type evidenceItem struct {
	local.Evidence
	Record *record // hides Evidence.Record, which is Number here
	Number int64
	Open   bool
}

// trail is a list of events that an analyst reads next.
type trail struct{ Label, Href string }

func (s *Server) alert(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, store := s.reading(w, r, "alerts")
	if store == nil {
		return
	}
	defer cancel()
	a, err := store.Alert(ctx, r.PathValue("id"))
	if errors.Is(err, local.ErrAmbiguous) {
		s.message(w, http.StatusMultipleChoices, "Several alerts have this short id", "Open the one you mean from the list of alerts, or use its whole id.")
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := &alertPage{frame: s.frame(a.Message, "alerts"), Alert: a, Level: levelOf(a.Severity), Trails: trails(a)}
	page.Do = summary.Of(a.Doc).Alert.Do
	page.read(a)
	page.Same = link("/", "group", "none", "rule", a.RuleID, "user", a.Who(), "ip", a.SourceIP)
	s.render(w, http.StatusOK, "alert", page)
}

// read takes from the document what the list's columns do not hold.
func (p *alertPage) read(a *local.Alert) {
	p.Record = newRecord(a.Doc)
	for _, f := range p.Record.all {
		p.known(f)
		switch f.Name {
		case "rule.id":
			p.Rule.ID = f.Values[0]
		case "rule.name":
			p.Rule.Name = f.Values[0]
		case "rule.version":
			p.Rule.Version = f.Values[0]
		case "rule.description":
			p.Rule.Description = f.Values[0]
		case "rule.license":
			p.Rule.License = f.Values[0]
		case "rule.author":
			p.Rule.Authors = f.Values
		case "rule.tags":
			p.Rule.Tags = f.Values
		case "rule.reference":
			p.Rule.References = references(f.Values)
		}
		if name, ok := below(f.Name, "studio.alert.fields."); ok {
			p.Extra = append(p.Extra, field{Name: name, Values: f.Values})
		}
	}
	for i, e := range a.Evidence {
		if i == shownEvidence {
			p.Unshown = len(a.Evidence) - i
			break
		}
		item := evidenceItem{Evidence: e, Number: e.Record, Open: i == 0}
		if e.Event != nil {
			item.Record = newRecord(e.Event.Doc)
		}
		p.Evidence = append(p.Evidence, item)
	}
}

// known takes what the studio file and databases say of who and where.
func (p *alertPage) known(f field) {
	switch f.Name {
	case "cloud.account.name":
		p.AccountName = f.Values[0]
	case "studio.tier":
		p.Tier = f.Values[0]
	case "studio.identity.role":
		p.Role = f.Values[0]
	case "studio.identity.via":
		p.Via = f.Values[0]
	case "studio.site", "source.geo.city_name":
		p.Place = f.Values[0]
	case "studio.alert.marks":
		p.Marks = f.Values
	case "studio.alert.ruled_out":
		p.RuledOut = f.Values
	case "studio.alert.coverage.complete":
		p.Incomplete = f.Values[0] == "false"
	}
}

// trails are the events around the alert: of the same person, from the same
// address, in the same account.
func trails(a *local.Alert) (out []trail) {
	from, to := fieldTime(a.First.Add(-around)), fieldTime(a.Last.Add(around+time.Second))
	add := func(label, name, value string) {
		if value != "" {
			out = append(out, trail{label, link("/events", name, value, "from", from, "to", to, "order", "oldest")})
		}
	}
	user := a.User
	if user == "" {
		user = a.Subject
	}
	add("Same person, ± 10 minutes", "user", user)
	add("Same address, ± 10 minutes", "ip", a.SourceIP)
	add("Same account, ± 10 minutes", "account", a.Account)
	return out
}
