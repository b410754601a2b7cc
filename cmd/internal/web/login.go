package web

import (
	"net/http"
	"net/url"
	"strings"
)

// largestForm bounds what is read of a posted form, in bytes.
const largestForm = 4 << 10

type loginPage struct {
	frame
	To    string
	Wrong bool
}

// login asks a browser for the token and gives it a session for it.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, largestForm)
	page := loginPage{frame: s.frame("Log in", ""), To: inside(r.FormValue("to"))}
	page.Bare = true
	if !s.guard.on {
		http.Redirect(w, r, page.To, http.StatusSeeOther)
		return
	}
	if r.Method != http.MethodPost {
		s.render(w, http.StatusOK, "login", page)
		return
	}
	if !s.guard.right(strings.TrimSpace(r.PostFormValue("token"))) {
		s.accuse(r)
		page.Wrong = true
		s.render(w, http.StatusForbidden, "login", page)
		return
	}
	s.setCookie(w, r, s.guard.session(), int(sessionLife.Seconds()))
	http.Redirect(w, r, page.To, http.StatusSeeOther)
}

// accuse logs a wrong token, but not each of a flood.
func (s *Server) accuse(r *http.Request) {
	const every = 10
	now, last := s.Now().Unix(), s.accused.Load()
	if now-last >= every && s.accused.CompareAndSwap(last, now) {
		s.Log.Warn("somebody tried to log in with a wrong token", "from", r.RemoteAddr)
	}
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.setCookie(w, r, "", -1)
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// setCookie gives a cookie that no script reads and no other site makes the
// browser send.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// inside is a path of this page to go to; nothing that a browser could take for
// another site.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func queryEscape(s string) string { return url.QueryEscape(s) }
