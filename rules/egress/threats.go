package egress

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
)

// Threats are the entries of threat lists. They are not changed once read; nil
// lists nothing.
type Threats struct {
	addresses map[netip.Addr]bool
	// networks are by their prefix; sizes are the lengths that there are.
	networks map[netip.Prefix]bool
	sizes    [2][]int // of IPv4 and of IPv6
	names    map[string]bool
}

// LoadThreats reads threat lists: files with one address, network (CIDR) or
// domain a line. What follows a # or a ; is a comment, and of a line with
// several words the first counts, so that lists with remarks and hosts files
// (0.0.0.0 NAME) are read as they come. A domain lists what lies below it too.
//
// A line that is none of these is left out, and told in wrong with its place. An
// error means a file that cannot be read.
func LoadThreats(files ...string) (t *Threats, wrong []error, err error) {
	t = &Threats{addresses: map[netip.Addr]bool{}, networks: map[netip.Prefix]bool{}, names: map[string]bool{}}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read the threat list: %w", err)
		}
		bad, err := t.read(name, f)
		f.Close() //nolint:errcheck // it was only read
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read the threat list %s: %w", name, err)
		}
		wrong = append(wrong, bad...)
	}
	return t, wrong, nil
}

// ListThreats are the threats of a list's lines. The error names what is no entry.
func ListThreats(lines []string) (*Threats, error) {
	t := &Threats{addresses: map[netip.Addr]bool{}, networks: map[netip.Prefix]bool{}, names: map[string]bool{}}
	wrong, err := t.read("threats", strings.NewReader(strings.Join(lines, "\n")))
	return t, errors.Join(append(wrong, err)...)
}

// maxWrong is how many wrong lines of a list are named.
const maxWrong = 5

func (t *Threats) read(name string, r io.Reader) (wrong []error, err error) {
	bad, line := 0, 0
	in := bufio.NewScanner(r)
	for in.Scan() {
		line++
		entry := firstWord(strings.TrimPrefix(in.Text(), "\ufeff"))
		if entry == "" || t.add(entry) {
			continue
		}
		if bad++; bad <= maxWrong {
			wrong = append(wrong, fmt.Errorf("%s:%d: %q is no address, network or domain", name, line, entry))
		}
	}
	if bad > maxWrong {
		wrong = append(wrong, fmt.Errorf("%s: %d more lines are none of these", name, bad-maxWrong))
	}
	return wrong, in.Err()
}

// firstWord is what a line lists.
func firstWord(line string) string {
	if i := strings.IndexAny(line, "#;"); i >= 0 {
		line = line[:i]
	}
	words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' || c == '\r' })
	switch {
	case len(words) == 0:
		return ""
	case len(words) > 1 && (words[0] == "0.0.0.0" || words[0] == "127.0.0.1" || words[0] == "::"):
		return words[1]
	}
	return words[0]
}

// add takes in an entry; false if it is none.
func (t *Threats) add(entry string) bool {
	entry = strings.NewReplacer("[.]", ".", "hxxp://", "", "hxxps://", "").Replace(entry) // as reports write them
	if ip, err := netip.ParseAddr(entry); err == nil {
		if ip = real(ip); !ip.IsGlobalUnicast() {
			return false
		}
		t.addresses[ip] = true
		return true
	}
	if p, err := netip.ParsePrefix(entry); err == nil && p.Bits() > 0 {
		t.network(p.Masked())
		return true
	}
	name := strings.ToLower(strings.Trim(strings.TrimPrefix(entry, "*."), "."))
	if !isDomain(name) {
		return false
	}
	t.names[name] = true
	return true
}

func (t *Threats) network(p netip.Prefix) {
	t.networks[p] = true
	sizes := &t.sizes[family(p.Addr())]
	for _, n := range *sizes {
		if n == p.Bits() {
			return
		}
	}
	*sizes = append(*sizes, p.Bits())
}

func family(ip netip.Addr) int {
	if ip.Is4() {
		return 0
	}
	return 1
}

func isDomain(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	if strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "0123456789") == "" {
		return false // an address, misspelled
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range label {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && c < 0x80 {
				return false
			}
		}
	}
	return true
}

// Len is the number of entries.
func (t *Threats) Len() int {
	if t == nil {
		return 0
	}
	return len(t.addresses) + len(t.networks) + len(t.names)
}

// address is the entry that lists an address, "" if none does.
func (t *Threats) address(ip netip.Addr) string {
	if t == nil {
		return ""
	}
	if t.addresses[ip] {
		return ip.String()
	}
	for _, n := range t.sizes[family(ip)] {
		if p, err := ip.Prefix(n); err == nil && t.networks[p] {
			return p.String()
		}
	}
	return ""
}

// name is the entry that lists a domain or one above it, "" if none does.
func (t *Threats) name(domain string) string {
	if t == nil || len(t.names) == 0 {
		return ""
	}
	for {
		if t.names[domain] {
			return domain
		}
		_, above, found := strings.Cut(domain, ".")
		if !found {
			return ""
		}
		domain = above
	}
}
