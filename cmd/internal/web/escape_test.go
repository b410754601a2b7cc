package web

import (
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write the golden pages anew")

var (
	tag   = regexp.MustCompile(`<[^>]*>`)
	hrefs = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	// values are always in double quotes; acts finds what runs or styles.
	values = regexp.MustCompile(`="[^"]*"`)
	acts   = regexp.MustCompile(`<[^>]*\s(on[a-z]+|style|srcdoc|formaction)=`)
	names  = regexp.MustCompile(`<(/?[a-zA-Z][a-zA-Z0-9]*)`)
)

// pages are all that show what came from a log.
func pages(t *testing.T, s *Server) map[string]string {
	t.Helper()
	evil := call("evil", attack, attack, attack, "failure", attack, attack, noon)
	out := map[string]string{}
	for _, path := range []string{
		"/", "/?group=none", "/?user=" + url.QueryEscape(attack), "/?q=" + url.QueryEscape(attack), "/?from=" + url.QueryEscape(attack), "/?after=" + url.QueryEscape(attack),
		"/alerts/eeee5555", "/alerts/A-eeee55", "/alerts/7f31aa00", "/alerts/" + url.PathEscape(attack), "/events", "/events?user=" + url.QueryEscape(attack), "/events?q=" + url.QueryEscape(attack),
		"/events/" + evil.DeliveryID.String(), "/events/" + url.PathEscape(attack), "/sources", "/" + url.PathEscape(attack),
	} {
		w := get(s, path)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		out[path] = w.Body.String()
	}
	return out
}

// TestNothingFromALogIsMarkup looks at every page for what an attacker wrote.
func TestNothingFromALogIsMarkup(t *testing.T) {
	known := map[string]bool{}
	for _, name := range strings.Fields("html head meta title link script body header a img nav div span button form p main footer h1 h2 section svg rect label input select option table thead tbody tr th td bdi time br details summary dl dt dd ol ul li pre b code") {
		known[name] = true
	}
	for path, html := range pages(t, testServer(t, world)) {
		html = strings.TrimPrefix(html, "<!doctype html>")
		for _, m := range names.FindAllStringSubmatch(html, -1) {
			if !known[strings.TrimPrefix(m[1], "/")] {
				t.Errorf("%s has the element %q", path, m[1])
			}
		}
		if n := strings.Count(html, "<script"); n > 1 || n == 1 && !strings.Contains(html, `<script src="/static/refresh.js?v=`) {
			t.Errorf("%s has a script that is not ours", path)
		}
		if found := acts.FindString(values.ReplaceAllString(html, `=""`)); found != "" {
			t.Errorf("%s has an attribute that runs or styles: %s", path, found)
		}
		for _, m := range hrefs.FindAllStringSubmatch(html, -1) {
			to := m[1]
			if !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "https://docs.aws.amazon.com/") && !strings.HasPrefix(to, "https://ok.example/") || strings.HasPrefix(to, "//") {
				t.Errorf("%s leads to %q", path, to)
			}
		}
		for _, r := range tag.ReplaceAllString(html, "") {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s shows %U as it is", path, r)
				break
			}
		}
	}
}

func TestReferencesAreLinksOnlyWhereThatIsSafe(t *testing.T) {
	html := get(testServer(t, world), "/alerts/eeee5555").Body.String()
	for _, want := range []string{`<li><bdi>javascript:alert(1)</bdi></li>`, `<li><bdi>https://user:pass@evil.example/</bdi></li>`, `<a href="https://ok.example/?q=%3cscript%3e" rel="noreferrer noopener nofollow">`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestPagesLookAsTheyDid compares whole pages; go test -update writes them.
func TestPagesLookAsTheyDid(t *testing.T) {
	s := testServer(t, world)
	empty := testServer(t, nothing)
	for name, html := range map[string]string{
		"alerts": get(s, "/?order=worst").Body.String(), "alert": get(s, "/alerts/c02e1111").Body.String(), "attack": get(s, "/alerts/eeee5555").Body.String(),
		"events": get(s, "/events?account=222222222222&range=24h").Body.String(), "empty": get(empty, "/").Body.String(), "login": get(testServer(t, nil, withToken), "/login").Body.String(),
	} {
		file := filepath.Join("testdata", name+".html")
		html = strings.ReplaceAll(html, assetTag, "TAG")
		if *update {
			if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if html != string(want) {
			t.Errorf("%s is not as it was; look at it, then write it anew with -update:\n%s", file, firstDifference(html, string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return "got  " + a[i] + "\nwant " + strings.Join(b[min(i, len(b)):min(i+1, len(b))], "")
		}
	}
	return "it ends early"
}
