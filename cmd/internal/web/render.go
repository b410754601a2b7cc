package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/sinks/local"
)

//go:embed templates static
var files embed.FS

// assetTag changes when the style or the script does.
var assetTag = func() string {
	h := sha256.New()
	for _, name := range []string{"static/style.css", "static/refresh.js", "static/icon.svg"} {
		b, err := files.ReadFile(name)
		if err != nil {
			return "none"
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}()

// parsePages reads each page's template together with the layout.
func parsePages() (map[string]*template.Template, error) {
	layout, err := template.New("layout").Funcs(funcs).ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "templates/page_*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(files, name)
		}
		if err != nil {
			return nil, err
		}
		pages[name[len("templates/page_"):len(name)-len(".html")]] = page
	}
	return pages, nil
}

// frame is what the layout shows around every page.
type frame struct {
	Title, Here, Version, Tag string
	Now                       time.Time
	State                     string // of the pipeline
	Trouble                   []string
	CanLogout, Bare, Reloads  bool
}

func (s *Server) frame(title, here string) frame {
	status := s.Status()
	return frame{
		Title: title, Here: here, Version: s.Version, Tag: assetTag, Now: s.Now().UTC(), State: status.State,
		Trouble: trouble(status), CanLogout: s.guard.on,
	}
}

// trouble is what needs somebody now, for the top of every page.
func trouble(p pipeline.Status) (out []string) {
	if p.StateError != "" {
		out = append(out, "Positions cannot be saved: "+p.StateError)
	}
	for _, o := range p.Sinks {
		if o.State != "ok" && o.State != "" && o.Error != "" {
			out = append(out, "Sink "+o.Name+" is "+o.State+": "+o.Error)
		}
	}
	if q := p.Quarantine; q.Error != "" {
		out = append(out, "Quarantine is "+q.State+": "+q.Error)
	}
	for _, i := range p.Sources {
		if i.State == "failing" {
			out = append(out, "Source "+i.Name+" is failing: "+i.Error)
		}
	}
	return out
}

// render writes a page, whole or not at all.
func (s *Server) render(w http.ResponseWriter, status int, page string, data any) {
	var b bytes.Buffer
	if err := s.pages[page].ExecuteTemplate(&b, "layout", data); err != nil {
		s.Log.Error("a page could not be rendered", "page", page, "error", err)
		plain(w, http.StatusInternalServerError, "the page could not be rendered")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

type messagePage struct {
	frame
	Heading, Text string
	Command       string
}

func (s *Server) message(w http.ResponseWriter, status int, heading, text string) {
	s.render(w, status, "message", messagePage{frame: s.frame(heading, ""), Heading: heading, Text: text})
}

func (s *Server) notFound(w http.ResponseWriter, _ *http.Request) {
	s.message(w, http.StatusNotFound, "There is no such page", "The pages are Alerts, Events and Sources.")
}

// fail shows why a page cannot be shown.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, local.ErrFilter), errors.Is(err, errAsked):
		s.message(w, http.StatusBadRequest, "That cannot be asked", err.Error())
	case errors.Is(err, local.ErrNotFound):
		s.message(w, http.StatusNotFound, "Not found", "The local store does not hold this, or no longer: it keeps what its max_age and max_size allow.")
	case errors.Is(err, context.DeadlineExceeded):
		s.message(w, http.StatusServiceUnavailable, "That took too long", "Ask for a shorter time, or for fewer and longer words.")
	case r.Context().Err() != nil: // nobody waits for the answer
	case strings.Contains(err.Error(), "database is closed"):
		s.message(w, http.StatusServiceUnavailable, "One moment", "The local store is being opened anew. Reload in a moment.")
	default:
		s.Log.Error("the local store could not be read", "error", err)
		s.message(w, http.StatusInternalServerError, "The local store could not be read", termtext.Escape(err.Error()))
	}
}

// reading gives a handler the store and the time that its queries may take. It
// answers by itself where there is no store.
func (s *Server) reading(w http.ResponseWriter, r *http.Request, here string) (context.Context, context.CancelFunc, Store) {
	store := s.Store()
	if store == nil {
		s.render(w, http.StatusOK, "nostore", messagePage{frame: s.frame("No local store", here)})
		return nil, nil, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	return ctx, cancel, store
}

// assets serves the style, the script and the icon, which anybody may have.
func (s *Server) assets() http.Handler {
	next := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/static/style.css", "/static/refresh.js", "/static/icon.svg":
			if r.URL.Query().Get("v") == assetTag {
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			next.ServeHTTP(w, r)
		default:
			plain(w, http.StatusNotFound, "not found")
		}
	})
}
