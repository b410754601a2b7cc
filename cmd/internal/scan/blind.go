package scan

import (
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
)

// gapMessage begins the messages of cases that say what could not be judged.
const gapMessage = "Not judged: "

// maxGaps is how many of these the receipt names.
const maxGaps = 5

// notJudged says where silence is no answer: stretches of logs, rules whose logs or
// fields were not in what was read, and rules that wait for the studio file.
func (s *scan) notJudged(p *printer) {
	head := "Not judged"
	say := func(text string) {
		for i, line := range wrap(safe(text), max(40, p.width-12)) {
			if i > 0 {
				head = ""
			}
			p.line("%-10s  %s", head, line)
		}
		head = ""
	}
	for i, gap := range s.gaps {
		if i == maxGaps {
			say(count(len(s.gaps)-i, "more gap") + ": --min-level informational")
			break
		}
		say(gap)
	}
	unseen := s.o.Rules.Unseen()
	logs, fields := split(unseen)
	if len(logs) > 0 {
		say(count(len(logs), "rule") + " without logs of theirs in what was read: " + strings.Join(logNames(logs), ", "))
	}
	if len(fields) > 0 {
		say(count(len(fields), "rule") + " whose fields no record had: " + strings.Join(fieldNames(fields), ", "))
	}
	if s.o.Verbose {
		for i := range unseen {
			p.line("            unseen %s: %s", unseen[i].Rule.ID, safe(unseen[i].Reason))
		}
	}
	if idle := len(s.o.Rules.Idle()); idle > 0 {
		say(count(idle, "rule") + " of " + thousands(int64(len(s.o.Rules.Rules()))) + " for want of something in the studio file: " + s.idleCommand())
	}
}

// idleCommand lists what waits for the studio file, as it is used here.
func (s *scan) idleCommand() string {
	words := []string{"burstwatch", "rules", "list", "--idle"}
	for i := 2; i+1 < len(s.o.Command); i += 2 {
		if f := s.o.Command[i]; f == "--rules" || f == "--studio" {
			words = append(words, f, quoted(s.o.Command[i+1]))
		}
	}
	return strings.Join(words, " ")
}

// noteGap keeps what a case says of its gap.
func (s *scan) noteGap(alert *event.Event) {
	if m := field(alert, event.KeyMessage); strings.HasPrefix(m, gapMessage) {
		s.gaps = append(s.gaps, strings.TrimPrefix(m, gapMessage))
		slices.Sort(s.gaps)
	}
}

// split tells rules without logs from those without fields.
func split(unseen []rules.Unseen) (logs, fields []rules.Unseen) {
	for _, u := range unseen {
		if len(u.Logs) > 0 {
			logs = append(logs, u)
		} else {
			fields = append(fields, u)
		}
	}
	return logs, fields
}

func logNames(list []rules.Unseen) []string {
	return namesOf(list, func(u rules.Unseen) []string { return u.Logs })
}

func fieldNames(list []rules.Unseen) []string {
	return namesOf(list, func(u rules.Unseen) []string { return u.Fields })
}

func namesOf(list []rules.Unseen, of func(rules.Unseen) []string) []string {
	var out []string
	for _, u := range list {
		out = append(out, of(u)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
