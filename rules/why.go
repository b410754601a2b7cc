package rules

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Reason says of one condition whether it held for an event, and why.
type Reason struct {
	// Text is the condition in words.
	Text  string
	Holds bool
	// Saw is what the event has in the field, redacted and safe to print; "" for
	// conditions that are made of others, whose reasons are Parts.
	Saw   string
	Parts []Reason
}

// Why says of each condition of a rule over single events whether it held for
// an event. ok is false where the rule does not judge events of this kind.
func (j *Judge) Why(r *Rule, ev *event.Event) (why Reason, ok bool) {
	if ev.Schema == nil || r.resolved == nil || !slices.Contains(r.Datasets, ev.Schema.Dataset()) {
		return why, false
	}
	j.maker.read(ev)
	w := asker{c: newCompiler(ev.Schema), view: &j.maker.view}
	parts := []asked{w.conditions(r.resolved)}
	run := newRun(&program{fields: w.c.fields, slots: w.c.slots, sight: newSight(len(w.c.fields))})
	var s event.Scratch
	run.begin(ev, &s)
	return parts[0].answer(run), true
}

// asker compiles every condition of a rule by itself.
type asker struct {
	c    *compiler
	view *view
}

type asked struct {
	text, saw string
	p         predicate
	parts     []asked
}

func (a *asked) answer(r *run) Reason {
	out := Reason{Text: a.text, Saw: a.saw, Holds: a.p.holds(r)}
	for i := range a.parts {
		out.Parts = append(out.Parts, a.parts[i].answer(r))
	}
	return out
}

func (w *asker) conditions(x sigma.Expr) asked {
	a := asked{p: w.c.predicate(w.c.lower(x))}
	switch x := x.(type) {
	case sigma.And:
		a.text, a.parts = "all of these", each(w, x)
	case sigma.Or:
		a.text, a.parts = "one of these", each(w, x)
		if len(x) == 0 {
			a.text = "nothing: the studio file gives no values"
		}
	case *sigma.Not:
		a.text, a.parts = "not", []asked{w.conditions(x.X)}
	case *sigma.Of:
		a.text = map[int]string{0: "all of these", 1: "one of these"}[x.N]
		if x.N > 1 {
			a.text = fmt.Sprintf("%d of these", x.N)
		}
		a.parts = each(w, x.Searches)
	case *sigma.Search:
		a.text, a.parts = x.Name, []asked{w.conditions(x.X)}
	case *sigma.Item:
		a.text, a.saw = x.String(), w.saw(x)
	}
	return a
}

func each[E sigma.Expr](w *asker, list []E) (out []asked) {
	for _, x := range list {
		out = append(out, w.conditions(x))
	}
	return out
}

// saw is what the event has in the fields of an item.
func (w *asker) saw(it *sigma.Item) string {
	if it.Field == "" {
		return ""
	}
	if _, ok := w.c.field(it.Field); !ok {
		return "no record of this log can have the field"
	}
	text := w.shown(it.Field)
	for _, list := range it.Matchers {
		for _, m := range list {
			if m.Kind == sigma.MatchField {
				text += ", and " + m.Field + " " + w.shown(m.Field)
			}
		}
	}
	return text
}

func (w *asker) shown(field string) string {
	text := w.view.appendShown(nil, newName(field))
	if len(text) == 0 {
		return "absent"
	}
	return `"` + string(text) + `"` // escaped already
}

// Write writes the reason as a tree.
func (r *Reason) Write(to io.Writer, depth int) {
	mark := map[bool]string{true: "yes", false: "no "}[r.Holds]
	fmt.Fprintf(to, "%s%s %s", strings.Repeat("  ", depth), mark, termtext.Escape(r.Text))
	if r.Saw != "" {
		fmt.Fprintf(to, "  (the event has: %s)", r.Saw)
	}
	fmt.Fprintln(to)
	for i := range r.Parts {
		r.Parts[i].Write(to, depth+1)
	}
}
