package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// queries asks what docs/analysts.md says that analysts ask, word for word, and
// holds the answers against what was logged.
func (r *road) queries(t *testing.T, logged []*document, alerts []*told) {
	asked := askedIn(t, filepath.Join("..", "..", "docs", "analysts.md"))
	answer := func(heading string) gjson.Result {
		t.Helper()
		q, ok := asked[heading]
		if !ok {
			t.Fatalf("no query below %q", heading)
		}
		index := strings.NewReplacer("logs-*-default", "logs-*-"+r.search.namespace, "burstwatch-alerts", r.search.alertIndex).Replace(q.index)
		return r.search.ask(http.MethodPost, "/"+index+"/_search", q.body)
	}
	t.Run("AlertsByControlAndProduction", func(t *testing.T) {
		byControl(t, settled(alerts), answer("Alerts by control and production"), answer("Alerts of one control and production"))
	})
	t.Run("OnePersonsTrail", func(t *testing.T) {
		hits := inOrder(t, answer("One person's trail"), logged, func(d *document) bool { return slices.Contains(d.Related.User, "ada.k@studio.example") })
		for _, field := range []string{"cloud.account.id", "event.dataset"} {
			found := map[string]bool{}
			for _, h := range hits {
				found[h.Get("_source."+field).Str] = true
			}
			if len(found) < 2 {
				t.Errorf("the trail has one %s: %v", field, found)
			}
		}
	})
	t.Run("EverythingAroundAnAlert", func(t *testing.T) {
		i := slices.IndexFunc(alerts, func(a *told) bool { return a.Rule.ID == "bw-egress-unexpected" })
		if i < 0 {
			t.Fatal("there is no alert to look around")
		}
		at := alerts[i].Time
		inOrder(t, answer("Everything around an alert"), logged, func(d *document) bool { return d.Time.Sub(at).Abs() <= 10*time.Minute })
	})
}

// byControl holds both answers about alerts to the alerts themselves.
func byControl(t *testing.T, standing []*told, table, list gjson.Result) {
	want, of := map[string]int64{}, 0
	for _, a := range standing {
		production := a.Studio.Production
		if production == "" {
			production = "(none)"
		}
		for _, c := range a.Studio.Control {
			want[c+" "+production]++
			if c+production == "9.1SABLE" {
				of++
			}
		}
	}
	seen := 0
	for _, control := range table.Get("aggregations.control.buckets").Array() {
		for _, production := range control.Get("production.buckets").Array() {
			what := control.Get("key").Str + " " + production.Get("key").Str
			if n := production.Get("doc_count").Int(); n != want[what] {
				t.Errorf("%s: %d alerts, want %d", what, n, want[what])
			}
			seen++
		}
	}
	hits := list.Get("hits.hits").Array()
	if seen != len(want) || seen < 10 || len(hits) != of || of == 0 {
		t.Errorf("%d pairs of control and production, want %d; %d alerts of one of them, want %d", seen, len(want), len(hits), of)
	}
	if first := list.Get("hits.hits.0._source.rule.id").Str; first != "bw-key-of-another-production" {
		t.Errorf("the gravest of 9.1 and SABLE is %s", first)
	}
}

// inOrder holds that the answer has the logged events that it should, in the
// order of time.
func inOrder(t *testing.T, answer gjson.Result, logged []*document, wanted func(*document) bool) []gjson.Result {
	t.Helper()
	want := 0
	for _, d := range logged {
		if wanted(d) {
			want++
		}
	}
	hits := answer.Get("hits.hits").Array()
	if len(hits) != want || want < 20 || answer.Get("hits.total.value").Int() != int64(want) {
		t.Errorf("%d events, want %d", len(hits), want)
	}
	last := time.Time{}
	for _, h := range hits {
		at := h.Get("_source.@timestamp").Time()
		if at.IsZero() || at.Before(last) {
			t.Errorf("%s comes after %s", at, last)
		}
		last = at
	}
	return hits
}

type query struct{ index, body string }

var queryBlock = regexp.MustCompile("(?ms)^## ([^\n]+)$.*?^```\nGET ([^\n]+)/_search\n(.*?)^```$")

// askedIn are the queries of a page, by their headings.
func askedIn(t *testing.T, page string) map[string]query {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]query{}
	for _, m := range queryBlock.FindAllSubmatch(text, -1) {
		out[string(m[1])] = query{string(m[2]), string(m[3])}
	}
	return out
}
