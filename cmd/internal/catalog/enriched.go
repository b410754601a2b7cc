package catalog

import (
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// Enriched are the log families whose events carry the enriched schemas of e,
// which was made with [Schemas]. No parser knows of it: what it has parsed is
// given the other schema here.
func Enriched(e *enrich.Enricher) []parsers.Spec { return Enrich(e, Parsers()) }

// Enrich does the same with other log families, of whose schemas e was made; it
// changes specs.
func Enrich(e *enrich.Enricher, specs []parsers.Spec) []parsers.Spec {
	for i := range specs {
		s := &specs[i]
		schemas := make([]event.Schema, len(s.Schemas))
		for j, base := range s.Schemas {
			schemas[j] = e.Schema(base)
		}
		s.Schemas = schemas
		inner := s.New
		s.New = func(o parsers.Options) parsers.Parser { return &enriching{Parser: inner(o), enricher: e} }
	}
	return specs
}

// enriching is a parser whose events carry enriched schemas.
type enriching struct {
	parsers.Parser
	enricher *enrich.Enricher
	from, to event.Schema // of the event before
}

// Format implements parsers.Headed.
func (p *enriching) Format() string { return parsers.FormatOf(p.Parser) }

// Parse implements parsers.Parser.
func (p *enriching) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	first := len(b.Events)
	n, err := p.Parser.Parse(window, base, atEOF, b)
	for i := first; i < len(b.Events); i++ {
		ev := &b.Events[i]
		if ev.Schema != p.from {
			p.from, p.to = ev.Schema, p.enricher.Schema(ev.Schema)
		}
		ev.Schema = p.to
	}
	return n, err
}
