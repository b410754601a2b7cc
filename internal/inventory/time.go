package inventory

import (
	"slices"
	"strings"
)

// Wrapped reports whether the production has ended by t, in nanoseconds since
// 1970: the day of its wrap is still its own, in UTC.
func (p *Production) Wrapped(t int64) bool { return p != nil && p.wrapped != 0 && t >= p.wrapped }

// Windows are those that are open at t, in nanoseconds since 1970.
func (x *Index) Windows(t int64) []*Window {
	if x == nil {
		return nil
	}
	var out []*Window
	for i := range x.studio.Windows {
		if w := &x.studio.Windows[i]; w.from <= t && t < w.to {
			out = append(out, w)
		}
	}
	return out
}

// AnyWindow reports whether a window is open at t.
func (x *Index) AnyWindow(t int64) bool {
	if x == nil {
		return false
	}
	for i := range x.studio.Windows {
		if w := &x.studio.Windows[i]; w.from <= t && t < w.to {
			return true
		}
	}
	return false
}

// Window is the first window of a kind that is open at t and concerns an
// account and a production, each of which may be empty; nil if there is none.
func (x *Index) Window(kind string, t int64, account, production string) *Window {
	for _, w := range x.Windows(t) {
		if w.Kind == kind && w.Concerns(account, production) {
			return w
		}
	}
	return nil
}

// Concerns reports whether the window is for what belongs to an account or a
// production, each of which may be empty.
func (w *Window) Concerns(account, production string) bool {
	if len(w.Accounts) == 0 && len(w.Productions) == 0 {
		return true
	}
	same := func(name string) bool { return production != "" && strings.EqualFold(name, production) }
	return slices.ContainsFunc(w.Productions, same) || account != "" && slices.Contains(w.Accounts, account)
}

// Expired reports whether the exception has ended by t.
func (e *Exception) Expired(t int64) bool { return e.until != 0 && t >= e.until }

// Exception is the exception that holds for a rule and a subject at t, in
// nanoseconds since 1970; nil if there is none.
func (x *Index) Exception(rule, subject string, t int64) *Exception {
	if x == nil {
		return nil
	}
	for _, e := range x.exceptions[rule] {
		if t < e.until && strings.EqualFold(e.Subject, subject) {
			return e
		}
	}
	return nil
}
