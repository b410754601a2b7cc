package web

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// funcs are what templates may call. None makes markup: html/template escapes
// whatever they return for the place where it stands.
var funcs = template.FuncMap{
	"safe":   termtext.Escape, // shows what would be invisible or turn text around
	"cut":    func(cells int, s string) string { return termtext.Fit(s, cells) },
	"level":  levelClass,
	"when":   when,
	"day":    func(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006") },
	"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"ago":    ago,
	"span":   span,
	"number": number[int64],
	"count":  number[int],
	"bytes":  func(n int64) string { return plugin.Size(n).String() },
	"link":   link,
	"join":   strings.Join,
	"lower":  strings.ToLower,
	"plural": plural,
}

// levelClass is a level as a CSS class; what is no level has none of its own.
func levelClass(level string) string {
	for _, l := range summary.Levels {
		if l == level {
			return l
		}
	}
	return "unknown"
}

func when(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// ago is how long before now t was, with one unit.
func ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	if d := now.Sub(t); d >= 0 {
		return span(d) + " ago"
	}
	return "in " + span(t.Sub(now))
}

// span is a duration as a person says it.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0 s"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return number(int64(d/(24*time.Hour))) + " days"
}

// number is n with a comma at each thousand.
func number[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		return "-" + digits
	}
	return digits
}

// plural is "1 rule" or "3 rules".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}

// link is a path with parameters, given as names and values by turns; empty
// values are left out.
func link(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// reference is a rule's reference: a link where it is a web address that can be
// followed without harm, else text.
type reference struct{ Text, Href string }

func references(list []string) (out []reference) {
	for _, text := range list {
		r := reference{Text: text}
		u, err := url.Parse(text)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil {
			r.Href = u.String()
		}
		out = append(out, r)
	}
	return out
}
