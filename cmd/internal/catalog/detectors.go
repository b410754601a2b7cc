package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"

	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/rules/absence"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/egress"
	"github.com/burstwatch/burstwatch/rules/keyuse"
	"github.com/burstwatch/burstwatch/rules/locations"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Detectors makes the rules that are written in Go. They know one state of the
// studio: a changed studio file or threat list asks for new ones.
type Detectors struct {
	knowledge *enrich.Knowledge
	egress    *egress.Detector
	keyuse    *keyuse.Detector
}

// NewDetectors makes detectors that know what is known besides the logs. Both
// may be nil.
func NewDetectors(k *enrich.Knowledge, threats *egress.Threats) *Detectors {
	o := egress.Options{Studio: k.Inventory(), Threats: threats}
	if k != nil && k.Geo.Countries() {
		o.Country = func(a netip.Addr) string { return k.Geo.Lookup(a).Country }
	}
	return &Detectors{knowledge: k, egress: egress.New(o), keyuse: keyuse.New(k.Inventory())}
}

// headers are the folders with the headers of the built-in detectors.
var headers = []embed.FS{locations.Files, keyuse.Files, egress.Files, absence.Files}

// Rules are all built-in detectors, each with its own header.
func (d *Detectors) Rules() ([]detect.Rule, error) {
	var out []detect.Rule
	var errs []error
	for _, h := range DetectorHeaders(&errs) {
		r, err := d.Rule(h)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, r)
	}
	return out, errors.Join(errs...)
}

// DetectorHeaders are the headers of the built-in detectors. What is wrong with
// one is added to errs; nothing ever is, in a program that passed its tests.
func DetectorHeaders(errs *[]error) []*sigma.Rule {
	return detectorHeaders(errs, func(src []byte) []byte { return src })
}

// DetectorsToJudge are the same without their cases.
func DetectorsToJudge(errs *[]error) []*sigma.Rule { return detectorHeaders(errs, sigma.WithoutCases) }

func detectorHeaders(errs *[]error, of func(src []byte) []byte) []*sigma.Rule {
	var out []*sigma.Rule
	for _, files := range headers {
		names, _ := fs.Glob(files, "*.yml") // the pattern is one
		for _, name := range names {
			src, err := files.ReadFile(name)
			if err != nil {
				*errs = append(*errs, err)
				continue
			}
			docs := sigma.Parse("builtin/"+name, of(src))
			for _, r := range docs.Refused {
				*errs = append(*errs, fmt.Errorf("%s:%d: %s", r.File, r.Line, r.Reason))
			}
			out = append(out, docs.Rules...)
		}
	}
	return out
}

// Rule makes the rule of a header, a built-in one or a user's own: by the name
// of its detector.
func (d *Detectors) Rule(header *sigma.Rule) (detect.Rule, error) {
	switch name := header.Detector; {
	case slices.Contains(locations.Names(), name):
		return locations.New(name, header, d.knowledge)
	case slices.Contains(absence.Names(), name):
		return absence.New(name, header)
	case slices.Contains(egress.Names(), name):
		return d.egress.Rule(name, header)
	case slices.Contains(keyuse.Names(), name):
		return d.keyuse.Rule(name, header)
	default:
		return nil, fmt.Errorf("rule %s: there is no detector %s", header.ID, name)
	}
}
