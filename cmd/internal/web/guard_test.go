package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks/local"
)

const token = "a-token-of-some-length-0123"

func withToken(c *Config) { c.Token = token }

func nothing(testing.TB, *local.Sink) {}

func TestBeyondLoopbackATokenIsNeeded(t *testing.T) {
	for listen, c := range map[string]struct {
		token plugin.Secret
		says  string
	}{
		"127.0.0.1:9810": {"", ""}, "[::1]:9810": {"", ""}, "localhost:9810": {"", ""}, "127.8.9.1:0": {"", ""},
		":9810": {"", "http.token must be set"}, "0.0.0.0:9810": {"", "http.token must be set"}, "[::]:9810": {"", "http.token must be set"},
		"10.0.0.5:9810": {"", "http.token must be set"}, "logs.studio.example:9810": {"", "http.token must be set"}, "127.0.0.1.evil.example:80": {"", "http.token must be set"},
		"0.0.0.0:9811": {token, ""}, "0.0.0.0:9812": {"short", "fewer than 16 characters"}, "0.0.0.0:9813": {"   \n", "http.token must be set"},
		"127.0.0.1": {"", "no address with a port"}, "": {"", "no address with a port"}, "127.0.0.1:": {"", "no address with a port"},
	} {
		_, err := New(Config{Listen: listen, Token: c.token})
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q with token %q: %v", listen, string(c.token), err)
		}
		if err != nil && c.token != "" && strings.Contains(err.Error(), strings.TrimSpace(string(c.token))) && strings.TrimSpace(string(c.token)) != "" {
			t.Errorf("the error tells the token: %v", err)
		}
	}
}

func TestOnlyWhoShowsTheTokenReads(t *testing.T) {
	s := testServer(t, world, withToken)
	bearer := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	asProgram := func(r *http.Request) { r.Header.Set("Accept", "*/*") }
	for _, path := range []string{"/", "/alerts/c02e1111", "/events", "/events/00", "/sources", "/metrics", "/nowhere"} {
		if w := get(s, path, asProgram); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "Ada") {
			t.Errorf("%s without a token: %d", path, w.Code)
		}
		for _, wrong := range []string{"Bearer wrong", "Bearer ", "Basic " + token, token, "Bearer " + token + "x", "bearer " + token} {
			if w := get(s, path, asProgram, bearer(wrong)); w.Code != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", path, wrong, w.Code)
			}
		}
		if w := get(s, path, bearer("Bearer "+token)); w.Code == http.StatusUnauthorized || w.Code == http.StatusSeeOther {
			t.Errorf("%s with the token: %d", path, w.Code)
		}
		if w := get(s, path); path != "/metrics" && (w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login?to=")) {
			t.Errorf("%s in a browser: %d to %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/login", "/static/style.css"} {
		if w := get(s, path, asProgram); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func post(s *Server, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://logs.studio.example:9810"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestABrowserLogsInAndOut(t *testing.T) {
	now := noon
	s := testServer(t, nothing, withToken, func(c *Config) { c.Now = func() time.Time { return now } })
	if w := post(s, "/login", url.Values{"token": {"wrong"}}); w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 || !strings.Contains(w.Body.String(), "not the token") {
		t.Errorf("a wrong token: %d %v", w.Code, w.Result().Cookies())
	}
	w := post(s, "/login", url.Values{"token": {" " + token + "\n"}, "to": {"/events?user=ada"}})
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/events?user=ada" || len(cookies) != 1 {
		t.Fatalf("%d to %q with %v", w.Code, w.Header().Get("Location"), cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || strings.Contains(c.Value, token) || c.MaxAge != 12*3600 {
		t.Errorf("cookie %+v", c)
	}
	with := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: c.Name, Value: value}) }
	}
	if w := get(s, "/", with(c.Value)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Log out") {
		t.Errorf("with the cookie: %d", w.Code)
	}
	until, signature, _ := strings.Cut(c.Value, ".")
	for _, forged := range []string{"", ".", until, until + ".", until + "0." + signature, "9" + until + "." + signature, until + "." + strings.Repeat("0", len(signature)), "." + signature} {
		if w := get(s, "/", with(forged)); w.Code != http.StatusSeeOther {
			t.Errorf("with the cookie %q: %d", forged, w.Code)
		}
	}
	other := testServer(t, nothing, func(c *Config) { c.Token = "another-token-of-some-length" })
	if w := get(other, "/", with(c.Value)); w.Code != http.StatusSeeOther {
		t.Errorf("the cookie outlives a change of the token: %d", w.Code)
	}
	now = now.Add(13 * time.Hour)
	if w := get(s, "/", with(c.Value)); w.Code != http.StatusSeeOther {
		t.Errorf("an old cookie: %d", w.Code)
	}
	if w := post(s, "/logout", nil); w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("logout: %d %v", w.Code, w.Result().Cookies())
	}
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	s := testServer(t, nil, withToken)
	for _, to := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "evil", "/\n/evil.example", "\t//evil.example", "http:evil", "/%09/evil"} {
		w := post(s, "/login", url.Values{"token": {token}, "to": {to}})
		if got := w.Header().Get("Location"); got != "/" && got != "/%09/evil" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	// Another site cannot log a browser in, or out.
	for _, path := range []string{"/login", "/logout"} {
		w := post(s, path, url.Values{"token": {token}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s from another site: %d", path, w.Code)
		}
	}
	if w := post(s, "/login", url.Values{"token": {strings.Repeat("x", 1<<20)}}); w.Code != http.StatusForbidden {
		t.Errorf("a form of a megabyte: %d", w.Code)
	}
}

func TestAPageElsewhereCannotReadThisOne(t *testing.T) {
	s, guarded := testServer(t, nothing), testServer(t, nothing, withToken)
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for _, h := range []string{"127.0.0.1:9810", "localhost:9810", "[::1]:9810", "localhost", "127.0.0.1", "[::1]"} {
		if w := get(s, "/", host(h)); w.Code != http.StatusOK {
			t.Errorf("host %q: %d", h, w.Code)
		}
	}
	for _, h := range []string{"evil.example", "evil.example:9810", "localhost.evil.example", "127.0.0.1.evil.example:9810", "10.0.0.1", ""} {
		for _, path := range []string{"/", "/metrics", "/healthz", "/static/style.css"} {
			if w := get(s, path, host(h)); w.Code != http.StatusMisdirectedRequest {
				t.Errorf("host %q, %s: %d", h, path, w.Code)
			}
		}
		if w := get(guarded, "/healthz", host(h)); w.Code != http.StatusOK {
			t.Errorf("with a token any name will do, %q: %d", h, w.Code)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := testServer(t, nothing, withToken)
	paths := []string{"/", "/login", "/logout", "/healthz", "/readyz", "/metrics", "/static/style.css", "/static/../web.go", "/static/", "/nowhere", "/alerts/x", "/alerts/../../etc/passwd"}
	for _, path := range paths {
		w := get(s, path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
		h := w.Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
		if strings.Contains(w.Body.String(), "package web") || strings.Contains(w.Body.String(), "<pre>\n<a href=") {
			t.Errorf("%s shows files", path)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "TRACE", "CONNECT"} {
		for _, path := range []string{"/", "/alerts/x", "/metrics", "/healthz"} {
			w := get(s, path, func(r *http.Request) { r.Method = method })
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

func TestTooManyRequestsAreTurnedAway(t *testing.T) {
	s := testServer(t, nothing)
	for range mostRequests {
		s.busy <- struct{}{}
	}
	if w := get(s, "/"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d", w.Code)
	}
	if w := get(s, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("health: %d", w.Code)
	}
	<-s.busy
	if w := get(s, "/"); w.Code != http.StatusOK || len(s.busy) != mostRequests-1 {
		t.Errorf("%d, %d under way", w.Code, len(s.busy))
	}
}
