package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// mostRequests are answered at once; more are turned away, because each
	// may hold a few megabytes.
	mostRequests = 32
	// sessionLife is how long a browser stays logged in.
	sessionLife = 12 * time.Hour
	cookieName  = "burstwatch_session"
)

// policy lets a page load its own style, script and icon, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers are those of every answer.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// hosts answers only to names of this machine where there is no token: a page
// elsewhere could have its own name lead to 127.0.0.1 and read ours through the
// browser of somebody here (DNS rebinding). With a token it would have to know that.
func (s *Server) hosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Token == "" && !isLoopback(hostOf(r.Host)) {
			plain(w, http.StatusMisdirectedRequest, "this page answers to 127.0.0.1 and localhost only; to give it another name, set http.token")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

// methods lets reading through, and the two forms.
func (s *Server) methods(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form := r.URL.Path == "/login" || r.URL.Path == "/logout"
		if r.Method != http.MethodGet && r.Method != http.MethodHead && (!form || r.Method != http.MethodPost) {
			w.Header().Set("Allow", "GET, HEAD")
			plain(w, http.StatusMethodNotAllowed, "this page can only be read")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limited bounds how many requests are answered at once. It stands behind the
// token, so that strangers cannot take the places.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.busy <- struct{}{}:
			defer func() { <-s.busy }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "2")
			plain(w, http.StatusServiceUnavailable, "too many requests at once")
		}
	})
}

// known lets through who shows the token, or the cookie that was given for it.
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.guard.admits(r):
			next.ServeHTTP(w, r)
		case r.URL.Path != "/metrics" && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, "/login?to="+queryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="burstwatch"`)
			plain(w, http.StatusUnauthorized, "show the token as Authorization: Bearer")
		}
	})
}

// guard knows the token. Sessions are signed, not kept: they survive a restart
// and end when the token is changed.
type guard struct {
	token [sha256.Size]byte
	key   []byte
	on    bool
	now   func() time.Time
}

func newGuard(token string, now func() time.Time) guard {
	key := sha256.Sum256([]byte("burstwatch session key\x00" + token))
	return guard{token: sha256.Sum256([]byte(token)), key: key[:], on: token != "", now: now}
}

// admits reports whether a request may read.
func (g *guard) admits(r *http.Request) bool {
	if !g.on {
		return true
	}
	if shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.right(strings.TrimSpace(shown))
	}
	c, err := r.Cookie(cookieName)
	return err == nil && g.valid(c.Value)
}

// right compares in constant time, whatever the lengths.
func (g *guard) right(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// session is a cookie's value: until when it is good, signed.
func (g *guard) session() string {
	until := strconv.FormatInt(g.now().Add(sessionLife).Unix(), 10)
	return until + "." + g.sign(until)
}

func (g *guard) valid(session string) bool {
	until, signature, _ := strings.Cut(session, ".")
	if !hmac.Equal([]byte(signature), []byte(g.sign(until))) {
		return false
	}
	end, err := strconv.ParseInt(until, 10, 64)
	return err == nil && g.now().Unix() < end
}

func (g *guard) sign(text string) string {
	m := hmac.New(sha256.New, g.key)
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}
