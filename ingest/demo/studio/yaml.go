package studio

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"time"
)

//go:embed studio.yaml.tmpl
var describing string

// Calendar is what the dates of a studio file are counted from.
type Calendar struct {
	// Start is the day on which the logs begin.
	Start time.Time
	// RecoveryFrom and RecoveryTo bound the disaster-recovery test.
	RecoveryFrom, RecoveryTo time.Time
}

// WriteYAML writes the studio file of the studio.
func (s *Studio) WriteYAML(w io.Writer, dates Calendar) error {
	t, err := template.New("studio.yaml").Funcs(template.FuncMap{
		"quoted": func(all []string) string {
			if len(all) == 0 {
				return ""
			}
			return `"` + strings.Join(all, `", "`) + `"`
		},
		"day":   func(days int) string { return dates.Start.AddDate(0, 0, days).Format(time.DateOnly) },
		"clock": func(h, m int) string { return clock(dates.Start, h, m) },
		"recovery": func(end bool) string {
			return map[bool]time.Time{false: dates.RecoveryFrom, true: dates.RecoveryTo}[end].Format(time.RFC3339)
		},
		"addresses": func(hosts []*Host) (all []string) {
			for _, h := range hosts {
				all = append(all, h.IP)
			}
			return all
		},
		"handle":     func(login string) string { return strings.ReplaceAll(strings.TrimSuffix(login, "@"+Domain), ".", "") },
		"reach":      s.reach,
		"production": func(v *VPC) string { return s.whose(func(p *Production) bool { return p.VPC == v }) },
		"owner": func(k *Key) string {
			return s.whose(func(p *Production) bool { return p.Content == k || p.Volumes == k })
		},
		"crewOf": func(r *Role) string { return s.whose(func(p *Production) bool { return p.Render == r || p.Sync == r }) },
	}).Parse(describing)
	if err != nil {
		return fmt.Errorf("read the template of the studio file: %w", err)
	}
	return t.Execute(w, struct {
		*Studio
		Organization, Domain             string
		Bastions, Licences, Repositories []*Host
		Artists                          []string
	}{
		s, Organization, Domain, s.hosts(Bastion), s.hosts(LicenceNuke, LicenceSide, LicenceRLM), s.hosts(Repository, "deadline-db"),
		[]string{"yann.c", "lena.h", "omar.s", "pia.w", "theo.v", "zoe.b", "ruth.e", "igor.n"},
	})
}

func clock(start time.Time, hours, minutes int) string {
	return start.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute).Format(time.RFC3339)
}

func (s *Studio) whose(is func(*Production) bool) string {
	if i := slices.IndexFunc(s.Productions, is); i >= 0 {
		return s.Productions[i].Name
	}
	return ""
}

// hosts are all hosts of those names.
func (s *Studio) hosts(names ...string) (all []*Host) {
	for _, v := range s.VPCs {
		for _, h := range v.Hosts {
			if slices.Contains(names, h.Name) {
				all = append(all, h)
			}
		}
	}
	return all
}

// reach is where hosts of v may begin conversations.
func (s *Studio) reach(v *VPC) []string {
	storage := StorageRange(v.Region).String()
	switch {
	case v.Kind == "management":
		return []string{"0.0.0.0/0", "::/0"}
	case v.Kind == "logging":
		return []string{storage, "10.100.20.0/24"}
	}
	hub := s.VPC("mgmt-eu")
	if v.Region == Virginia {
		hub = s.VPC("mgmt-us")
	}
	return []string{v.CIDR(), hub.Subnet("services").CIDR, storage, "10.100.20.0/24"}
}
