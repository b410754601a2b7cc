package demo

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// line is how doc.go tells of a beat.
func (b *Beat) line() string {
	mark := "violation"
	switch {
	case b.Headline:
		mark = "HEADLINE"
	case b.NearMiss:
		mark = "near miss"
	}
	title := b.Title
	if b.Studio {
		title += " (*)"
	}
	return fmt.Sprintf("//\t%02d:%02d  %-9s  %-27s  %-13s  %2d  %s", int(b.At.Hours()), int(b.At.Minutes())%60, mark, b.Kind, strings.Join(b.Controls, " "), b.Records, title)
}

func TestTheStoryIsToldInTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, b := range Story() {
		want = append(want, b.line())
	}
	got := regexp.MustCompile(`(?m)^//\t\d\d:\d\d  .*$`).FindAllString(string(doc), -1)
	if !slices.Equal(got, want) {
		t.Errorf("doc.go does not tell the story as it is played; it should say\n%s", strings.Join(want, "\n"))
	}
}

func TestBeatsAreWellFormed(t *testing.T) {
	control := regexp.MustCompile(`^\d+\.\d+$`)
	seen, headlines, causes := map[string]bool{}, 0, map[string]bool{}
	story := Story()
	for _, b := range story {
		if seen[b.Kind] {
			t.Errorf("two beats are called %s", b.Kind)
		}
		seen[b.Kind] = true
		if b.Records == 0 || b.Account == "" || b.Region == "" || b.Dataset == "" || b.Title == "" || len(b.Controls) == 0 {
			t.Errorf("%s lacks something: %+v", b.Kind, b)
		}
		if b.Headline {
			headlines++
		}
		for _, c := range b.Controls {
			if !control.MatchString(c) {
				t.Errorf("%s: %q is no control", b.Kind, c)
			}
			causes[c] = causes[c] || !b.NearMiss
		}
	}
	for _, b := range story {
		if b.NearMiss && !slices.ContainsFunc(b.Controls, func(c string) bool { return causes[c] }) {
			t.Errorf("near miss %s stands beside no violation", b.Kind)
		}
	}
	if headlines != 5 {
		t.Errorf("%d headline causes, want 5: two places, a key used by another, disabled, to be deleted, egress", headlines)
	}
}

func TestBeatsEndBeforeTheDayAndSoon(t *testing.T) {
	for _, b := range Story() {
		s := rehearse(&b)
		for _, r := range s.trail {
			if after := r.Time.Sub(s.begin); after < -time.Minute || after > 18*time.Minute {
				t.Errorf("%s has a record %v after its begin", b.Kind, after)
			}
		}
		if b.At > 20*time.Hour {
			t.Errorf("%s is at %v: too late for all of it to be delivered that day", b.Kind, b.At)
		}
	}
}
