package scan

import (
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// receipt accounts for every file, rule and record.
func (s *scan) receipt(p *printer) {
	t := &s.tally
	failed := 0
	for _, k := range s.skipped {
		if k.Failed {
			failed++
		}
	}
	p.line("")
	s.notJudged(p)
	files := fmt.Sprintf("files %s read, %s skipped", thousands(int64(s.done)), thousands(int64(len(s.skipped)-failed)))
	if failed > 0 {
		files += fmt.Sprintf(", %s not readable", thousands(int64(failed)))
	}
	if len(s.skipped) > failed && !s.o.Verbose {
		files += " (--verbose says why)"
	}
	p.line("Receipt     %s · rules %d loaded, %d refused", files, len(s.o.Rules.Rules()), len(s.o.Refused))
	records := fmt.Sprintf("records %s = %s judged", thousands(t.records+t.outside+t.rejects), thousands(t.records))
	if t.outside > 0 {
		records += fmt.Sprintf(" + %s outside the period", thousands(t.outside))
	}
	records += fmt.Sprintf(" + %s quarantined", thousands(t.rejects))
	switch {
	case t.rejects > 0 && s.o.Quarantine != nil:
		records += " in " + safe(s.o.QuarantineName)
	case t.rejects > 0:
		records += " (--quarantine FILE keeps them)"
	}
	if t.untimed > 0 {
		records += fmt.Sprintf(" · %s without a time", thousands(t.untimed))
	}
	found := count(int(t.alerts), "case")
	if s.o.MatchesOnly {
		found = thousands(t.matched) + " matches, which are cases without --events or with --fail-on"
	}
	p.line("            %s · %s", records, found)
	for _, r := range s.o.Refused {
		p.line("            refused %s", safe(r.Error()))
	}
	for _, k := range s.skipped {
		if k.Failed || s.o.Verbose {
			p.line("            skipped %s: %s", safe(k.Path), safe(k.Reason))
		}
	}
}

// reject says what could not be read, and keeps it, redacted, where a
// quarantine is given.
func (s *scan) reject(o *event.Origin, r *event.Reject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Part <= 1 && s.tally.told < maxTold {
		s.tally.told++
		fmt.Fprintf(s.o.Err, "%s: at byte %d: %s\n", safe(o.Name), r.Offset, safe(r.Reason))
	}
	if s.o.Quarantine == nil {
		return nil
	}
	raw, changed := redact.Default().Text(nil, r.Raw)
	q := quarantine.Record{
		Time: s.o.Now(), Source: o.Source, Origin: o.Name, Identity: o.Identity, Offset: r.Offset, Dataset: o.Dataset,
		Reason: r.Reason, Raw: raw, Redacted: changed, Part: r.Part, More: r.More,
	}
	if _, err := s.o.Quarantine.Write(q.Append(nil)); err != nil {
		return fmt.Errorf("write to the quarantine: %w", err)
	}
	return nil
}

// maxTold bounds the lines about rejects on standard error; the receipt has the
// whole count.
const maxTold = 50
