package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

func at(list string, i int) string   { return fmt.Sprintf("%s[%d]", list, i) }
func item(list string, i int) string { return at(list, i) }

// butGot quotes what was written, where there was anything.
func butGot(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(", not %q", text)
}

func isAccount(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789") == ""
}

// account checks a reference to an account, "" is none.
func (c *compiler) account(key, id string) {
	switch {
	case id == "":
	case !isAccount(id):
		c.fail(key, "want the account's twelve digits in quotes, such as \"012345678901\", not %q", id)
	case c.x.accounts[id] == nil && len(c.x.accounts) > 0:
		c.fail(key, "there is no account %s under accounts: add it there, or write one of %s", id, c.some(keysOf(c.x.accounts)))
	}
}

// production resolves a reference to a production, "" is none.
func (c *compiler) production(key, name string) *Production {
	if name == "" {
		return nil
	}
	p := c.x.productions[strings.ToLower(name)]
	if p == nil {
		var names []string
		for i := range c.x.studio.Productions {
			names = append(names, c.x.studio.Productions[i].Name)
		}
		c.fail(key, "there is no production %q under productions: add it there, or write one of %s", name, c.some(names))
	}
	return p
}

// some lists what may be written, not endlessly.
func (c *compiler) some(names []string) string {
	if len(names) == 0 {
		return "them (there are none yet)"
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// oneOf checks a word; "" is none.
func (c *compiler) oneOf(key, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		c.fail(key, "want %s or %s, not %q", strings.Join(words[:len(words)-1], ", "), words[len(words)-1], word)
	}
}

// endOfDay is when a day has ended, in nanoseconds since 1970 UTC; 0 for none.
func (c *compiler) endOfDay(key, day string) int64 {
	if day == "" {
		return 0
	}
	t, err := time.ParseInLocation(time.DateOnly, day, time.UTC)
	if err != nil {
		c.fail(key, "want a day of the calendar such as 2027-06-07, not %q", day)
		return 0
	}
	return t.AddDate(0, 0, 1).UnixNano()
}

// moment is a time in nanoseconds since 1970 UTC.
func (c *compiler) moment(key, text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		c.fail(key, "want a time with its zone such as 2026-11-05T11:30:00Z%s", butGot(text))
		return 0
	}
	return t.UnixNano()
}

// prefixOf reads a network or an address; why says what is wrong with it.
func prefixOf(text string) (p netip.Prefix, why string) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return p, fmt.Sprintf("want a network such as 10.16.0.0/16 or an address%s", butGot(text))
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), ""
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Sprintf("want a network such as 10.16.0.0/16 or an address%s", butGot(text))
	}
	if p.Addr().Is4In6() {
		return p, fmt.Sprintf("want the IPv4 network itself, not %q", text)
	}
	if p.Masked() != p {
		return p, fmt.Sprintf("%s has bits beyond its length: want %s, or %s for the one address", text, p.Masked(), p.Addr())
	}
	return p, ""
}

// prefixes reads a list of networks; faulty ones are said and left out.
func (c *compiler) prefixes(key string, texts []string) []netip.Prefix {
	var out []netip.Prefix
	for i, text := range texts {
		p, why := prefixOf(text)
		if why != "" {
			c.fail(item(key, i), "%s", why)
			continue
		}
		out = append(out, p)
	}
	return out
}

// wide reports networks that would take in a good part of the world.
func (c *compiler) wide(key string, p netip.Prefix) bool {
	least := 8
	if p.Addr().Is6() {
		least = 16
	}
	if p.Bits() < least {
		c.fail(key, "%s is too wide to be one place: want a prefix of /%d or longer", p, least)
		return true
	}
	return false
}

// coordinates checks where a place is.
func (c *compiler) coordinates(key string, latitude, longitude float64) {
	if latitude < -90 || latitude > 90 {
		c.fail(key+".latitude", "want degrees north between -90 and 90, not %v", latitude)
	}
	if longitude < -180 || longitude > 180 {
		c.fail(key+".longitude", "want degrees east between -180 and 180, not %v", longitude)
	}
}

// country checks a country's two letters.
func (c *compiler) country(key, code string) {
	if code != "" && (len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		c.fail(key, "want the country's two capital letters, such as GB, not %q", code)
	}
}
