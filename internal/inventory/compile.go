package inventory

import (
	"net/netip"
	"slices"
	"strings"
)

// Compile checks the whole file and makes its index. The error is [Faults],
// with everything that is wrong; then there is no index. An empty studio has an
// index that knows nothing. s is copied as far as the index keeps it.
func Compile(s *Studio) (*Index, error) {
	c := &compiler{
		x: &Index{
			studio: s.clone(), accounts: map[string]*Account{}, productions: map[string]*Production{}, sole: map[string]*Production{},
			networks: map[string]*Network{}, vpcs: map[string]*Place{}, subnets: map[string]*Place{}, interfaces: map[string]*Place{}, keys: map[string]*Key{},
			roles: map[string]*Role{}, people: map[string]*Person{}, buckets: map[string]*Production{}, images: map[string]*Image{},
			reaches: map[*Network]*reach{}, subReaches: map[*Subnet]*reach{}, exceptions: map[string][]*Exception{},
		},
		named: map[string][]netip.Prefix{}, ranges: map[*Network][]netip.Prefix{}, seen: map[string]string{},
	}
	c.accounts()
	c.productions()
	c.belongings()
	c.sites()
	c.places()
	c.networks()
	c.hosts()
	c.lay()
	c.reaches()
	c.keys()
	c.roles()
	c.people()
	c.images()
	c.windows()
	c.exceptions()
	c.contacts()
	c.tags()
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	return c.x, nil
}

// compiler makes one index.
type compiler struct {
	x        *Index
	faults   Faults
	entries  []entry
	named    map[string][]netip.Prefix // what may_reach may name
	ranges   map[*Network][]netip.Prefix
	bastions []netip.Prefix
	seen     map[string]string // what must stand once → where it stands
}

// clone copies the lists whose members are noted in by Compile.
func (s *Studio) clone() Studio {
	if s == nil {
		return Studio{}
	}
	out := *s
	out.Productions, out.People = slices.Clone(s.Productions), slices.Clone(s.People)
	out.Windows, out.Exceptions = slices.Clone(s.Windows), slices.Clone(s.Exceptions)
	return out
}

// once reports a fault where a value of a kind stood before.
func (c *compiler) once(kind, value, key string) bool {
	if value == "" {
		return true
	}
	id := kind + "\x00" + strings.ToLower(value)
	if first, ok := c.seen[id]; ok {
		c.fail(key, "%s stands at %s already", value, first)
		return false
	}
	c.seen[id] = key
	return true
}

func (c *compiler) accounts() {
	for i := range c.x.studio.Accounts {
		a := &c.x.studio.Accounts[i]
		key := at("accounts", i)
		if !isAccount(a.ID) {
			c.fail(key+".id", "want the account's twelve digits in quotes, such as \"012345678901\"%s", butGot(a.ID))
			continue
		}
		if c.once("account", a.ID, key+".id") {
			c.x.accounts[a.ID] = a
		}
		c.oneOf(key+".duty", a.Duty, "production", "shared", "logging", "security", "management")
	}
}

func (c *compiler) productions() {
	for i := range c.x.studio.Productions {
		p := &c.x.studio.Productions[i]
		key := at("productions", i)
		if p.Name == "" {
			c.fail(key+".name", "want a name, by which the other parts refer to the production")
			continue
		}
		if c.once("production", p.Name, key+".name") {
			c.x.productions[strings.ToLower(p.Name)] = p
		}
		if p.Tier < 1 || p.Tier > 3 {
			c.fail(key+".tier", "want 1 (unreleased content), 2 (released content) or 3 (general), not %d", p.Tier)
		}
		p.wrapped = c.endOfDay(key+".wrap", p.Wrap)
		c.account(key+".account", p.Account)
		for j, b := range p.Buckets {
			if c.once("bucket", b, item(key+".buckets", j)) {
				c.x.buckets[b] = p
			}
		}
	}
}

// belongings notes which accounts are one production's alone.
func (c *compiler) belongings() {
	for i := range c.x.studio.Accounts {
		a := &c.x.studio.Accounts[i]
		if p := c.production(at("accounts", i)+".production", a.Production); p != nil {
			c.x.sole[a.ID] = p
			if p.Account != "" && p.Account != a.ID {
				c.fail(at("accounts", i)+".production", "%s is made in account %s, as its own entry says: one of the two is wrong", p.Name, p.Account)
			}
		}
	}
}
