package scan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// maxBlocks is how many groups are printed with all their lines; the rest get
// one line each, and beyond maxLines only a count.
const (
	maxBlocks = 10
	maxLines  = 60
)

// safe makes text of a log harmless to a terminal.
func safe(s string) string { return termtext.Escape(s) }

// report prints what was found: NDJSON to Out and the receipt to Err, or all of
// it for a person.
func (s *scan) report() error {
	if s.o.Show != "" {
		return s.reportCase()
	}
	if s.o.Events || s.o.NDJSON {
		if err := s.sorted.write(s.o.Out); err != nil {
			return err
		}
		p := &printer{w: s.o.Err, width: s.o.Width}
		s.receipt(p)
		return p.err
	}
	p := &printer{w: s.o.Out, width: s.o.Width, color: s.o.Color}
	all := s.groups.sorted()
	s.header(p)
	s.alerts(p, all)
	s.receipt(p)
	s.next(p, all)
	return p.err
}

// printer remembers the first error, so that a report reads without error checks.
type printer struct {
	w     io.Writer
	width int
	color bool
	err   error
	// controls is the width of the column of controls.
	controls int
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

var levelColor = [...]string{"2", "36", "33", "31", "1;31"}

func (p *printer) level(l sigma.Level, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + levelColor[l] + "m" + text + "\x1b[0m"
}

func (s *scan) header(p *printer) {
	t := &s.tally
	if t.records == 0 {
		p.line("%s · nothing to judge", s.readFiles())
		return
	}
	p.line("%s · %s · %s%s · %s", s.readFiles(), strings.Join(slices.Sorted(maps.Keys(t.datasets)), ", "),
		count(len(t.accounts), "account"), s.period(), s.o.Now().Sub(s.started).Round(100*time.Millisecond))
	if t.last >= t.first {
		n := max(10, min(60, (p.width-20)/2))
		events, matches := t.events.columns(t.first, t.last, n), t.matches.columns(t.first, t.last, n)
		p.line("events %s   alerts %s", spark(events), spark(matches))
	}
}

func (s *scan) readFiles() string {
	var size int64
	for _, f := range s.files {
		size += max(0, f.Size)
	}
	return fmt.Sprintf("%s, %s", count(len(s.files), "file"), plugin.Size(size))
}

func (s *scan) period() string {
	if s.tally.last < s.tally.first {
		return ""
	}
	from, to := time.Unix(0, s.tally.first).UTC(), time.Unix(0, s.tally.last).UTC()
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return " · " + from.Format("Mon 2 Jan 2006 15:04") + " – " + to.Format("15:04 UTC")
	}
	return " · " + from.Format("Mon 2 Jan 2006 15:04") + " – " + to.Format("Mon 2 Jan 2006 15:04 UTC")
}

// alerts prints the groups, worst first: the first ones whole, the rest one
// line for each rule.
func (s *scan) alerts(p *printer, all []*Group) {
	p.line("%s", s.levels(p, all))
	p.controls = controlWidth(all)
	whole := 0
	for whole < len(all) && whole < maxBlocks && all[whole].Level >= sigma.Medium {
		s.block(p, all[whole])
		whole++
	}
	if whole > 0 && whole < len(all) {
		p.line("")
	}
	lines := foldByRule(all[whole:])
	for i, groups := range lines {
		if i == maxLines {
			p.line("… and %s; --format ndjson prints all", count(len(lines)-i, "more rule"))
			break
		}
		s.folded(p, groups)
	}
}

// foldByRule joins groups of one rule, in the order of the first of each.
func foldByRule(all []*Group) [][]*Group {
	var out [][]*Group
	at := map[*rules.Rule]int{}
	for _, g := range all {
		i, ok := at[g.Rule]
		if !ok {
			i = len(out)
			at[g.Rule] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], g)
	}
	return out
}

// maxControls is the widest column of controls.
const maxControls = 9

func controlWidth(all []*Group) int {
	n := 3
	for _, g := range all {
		n = max(n, len(controls(g)))
	}
	return n
}

func controls(g *Group) string {
	text := strings.Join(g.Rule.Header.Controls, ",")
	if len(text) > maxControls {
		text = text[:strings.LastIndexByte(text[:maxControls], ',')] + ",…"
	}
	return text
}

// levels counts the groups of each level, and the alerts that are not shown.
func (s *scan) levels(p *printer, all []*Group) string {
	var n [sigma.Critical + 1]int
	for _, g := range all {
		n[g.Level]++
	}
	var shown []string
	for l := sigma.Critical; ; l-- {
		if n[l] > 0 {
			shown = append(shown, p.level(l, fmt.Sprintf("%s %s", strings.ToUpper(l.String()), thousands(int64(n[l])))))
		}
		if l == 0 {
			break
		}
	}
	text := strings.Join(shown, "   ")
	if len(shown) == 0 {
		text = "No alerts"
		if s.o.MinLevel > 0 {
			text += " at " + s.o.MinLevel.String() + " or above"
		}
	}
	if hidden := s.hidden(); hidden != "" {
		text += "   (" + hidden + " hidden: --min-level informational)"
	}
	return text
}

// hidden counts the alerts below the level that is shown.
func (s *scan) hidden() string {
	var out []string
	for l := int(sigma.Critical); l >= 0; l-- {
		if s.tally.hidden[l] > 0 {
			out = append(out, fmt.Sprintf("%s ×%s", sigma.Level(l), thousands(s.tally.hidden[l])))
		}
	}
	return strings.Join(out, ", ")
}

// title prints the line that every group begins with.
func (p *printer) title(g *Group, title, tail string) {
	level := strings.ToUpper(g.Level.String())
	head := fmt.Sprintf("%-9s %s  ", level, termtext.Pad(controls(g), p.controls))
	room := max(20, p.width-termtext.Width(head)-termtext.Width(tail)-2)
	p.line("%s%s  %s", strings.Replace(head, level, p.level(g.Level, level), 1), termtext.Pad(title, room), tail)
}

// block prints a group whole.
func (s *scan) block(p *printer, g *Group) {
	p.line("")
	p.title(g, safe(g.Rule.Title), fmt.Sprintf("×%s  %s", thousands(g.Count), g.ShortID()))
	for _, l := range groupLines(g) {
		for i, text := range wrap(safe(l[1]), max(30, p.width-8)) {
			p.line("  %-5s %s", [2]string{l[0], ""}[min(i, 1)], text)
		}
	}
}

// wrap breaks text into lines of at most width cells, at most maxWrapped of
// them: what logs say can be long.
func wrap(text string, width int) []string {
	const maxWrapped = 4
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && termtext.Width(line)+1+termtext.Width(word) > width {
			if out = append(out, line); len(out) == maxWrapped {
				out[maxWrapped-1] = termtext.Fit(line+" …", width)
				return out
			}
			line = ""
		}
		line = strings.TrimPrefix(line+" "+termtext.Fit(word, width), " ")
	}
	return append(out, line)
}

// folded prints the groups of one rule in one line: how often, and who.
func (s *scan) folded(p *printer, groups []*Group) {
	n, who := int64(0), []string{}
	for _, g := range groups {
		n += g.Count
		if len(who) < 3 && g.Person != "" && !slices.Contains(who, safe(g.Person)) {
			who = append(who, safe(g.Person))
		}
	}
	title := safe(groups[0].Rule.Title)
	if len(who) > 0 {
		title += " · " + strings.Join(who, ", ")
	}
	tail := fmt.Sprintf("×%s  %s", thousands(n), groups[0].ShortID())
	if len(groups) > 1 {
		tail += fmt.Sprintf(" +%d", len(groups)-1)
	}
	p.title(groups[0], title, tail)
}

func when(first, last int64) string {
	if first == 0 && last == 0 {
		return "the records have no time"
	}
	from, to := time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	switch {
	case first == last:
		return from.Format("Mon 2 Jan 2006 15:04:05 UTC")
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return from.Format("Mon 2 Jan 2006 15:04:05") + " – " + to.Format("15:04:05 UTC")
	}
	return from.Format("Mon 2 Jan 2006 15:04:05") + " – " + to.Format("Mon 2 Jan 2006 15:04:05 UTC")
}

// field is a made event's field as text.
func field(ev *event.Event, k event.Key) string {
	if ev == nil {
		return ""
	}
	for _, f := range ev.Made {
		if f.Key != k {
			continue
		}
		if f.Value.Kind == event.Escaped {
			return string(event.AppendUnescaped(nil, f.Value.Bytes))
		}
		return string(f.Value.Bytes)
	}
	return ""
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", thousands(int64(n)), what)
}

// thousands writes 1284026 as 1,284,026.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// reportCase prints the one case that --show names, with its events.
func (s *scan) reportCase() error {
	var found []*Group
	for _, g := range s.groups.sorted() {
		if s.wants(g.ID) {
			found = append(found, g)
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("no case %s in what was read", safe(s.o.Show))
	}
	shown := slices.SortedFunc(maps.Values(s.shown), func(a, b shownEvent) int {
		return cmp.Or(cmp.Compare(a.time, b.time), bytes.Compare(a.id[:], b.id[:]))
	})
	p := &printer{w: s.o.Out, width: s.o.Width, color: s.o.Color}
	p.controls = controlWidth(found)
	for _, g := range found {
		if s.o.NDJSON {
			p.line("%s", event.AppendDocument(nil, g.Sample.Made))
			continue
		}
		s.block(p, g)
	}
	if !s.o.NDJSON {
		p.line("")
	}
	for _, e := range shown {
		if s.o.NDJSON {
			p.line("%s", e.doc)
			continue
		}
		p.line("%s", pretty(e.doc))
	}
	if missing := s.unshown(found); missing != "" {
		fmt.Fprintln(s.o.Err, missing)
	}
	return p.err
}

// pretty indents a document for a terminal; JSON keeps control characters
// escaped, what else a terminal might take amiss is made harmless line by line.
func pretty(doc []byte) string {
	var v any
	if json.Unmarshal(doc, &v) != nil {
		return safe(string(doc))
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return safe(string(doc))
	}
	lines := strings.Split(string(out), "\n")
	for i := range lines {
		lines[i] = safe(lines[i])
	}
	return strings.Join(lines, "\n")
}
