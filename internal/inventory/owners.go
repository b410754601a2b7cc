package inventory

import "strings"

func (c *compiler) keys() {
	for i := range c.x.studio.Keys {
		k := &c.x.studio.Keys[i]
		key := at("keys", i)
		c.account(key+".account", k.Account)
		c.production(key+".production", k.Production)
		c.oneOf(key+".purpose", k.Purpose, "content asset", "root volume", "logging", "backup")
		if k.Alias != "" && !strings.HasPrefix(k.Alias, "alias/") {
			c.fail(key+".alias", "want the alias as AWS names it, alias/%s", k.Alias)
		}
		if k.ARN == "" && (k.Alias == "" || k.Account == "") {
			c.fail(key+".arn", "want the key's ARN, or its alias together with its account")
			continue
		}
		a := arn{account: k.Account}
		if k.ARN != "" {
			var ok bool
			if a, ok = parseARN(k.ARN); !ok || a.service != "kms" || !strings.HasPrefix(a.resource, "key/") || !isAccount(a.account) {
				c.fail(key+".arn", "want the ARN of a KMS key, such as arn:aws:kms:eu-west-2:111111111111:key/1234abcd-…, not %q", k.ARN)
				continue
			}
			if k.Account != "" && k.Account != a.account {
				c.fail(key+".account", "the key's ARN says account %s, not %s", a.account, k.Account)
			}
		}
		if c.once("key", k.ARN, key+".arn") {
			c.keyNames(k, a)
		}
	}
}

// keyNames files a key under all its names. A name that two keys share means
// neither of them.
func (c *compiler) keyNames(k *Key, a arn) {
	names := []string{k.ARN}
	if id, ok := strings.CutPrefix(a.resource, "key/"); ok {
		names = append(names, a.account+"|"+id, "|"+id)
	}
	if k.Alias != "" {
		names = append(names, a.account+"|"+k.Alias, "|"+k.Alias)
		if k.ARN != "" {
			names = append(names, strings.TrimSuffix(k.ARN, a.resource)+k.Alias)
		}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if _, ok := c.x.keys[name]; ok {
			c.x.keys[name] = nil
			continue
		}
		c.x.keys[name] = k
	}
}

func (c *compiler) roles() {
	for i := range c.x.studio.Roles {
		r := &c.x.studio.Roles[i]
		key := at("roles", i)
		c.account(key+".account", r.Account)
		c.production(key+".production", r.Production)
		c.oneOf(key+".duty", r.Duty, "render", "asset transfer", "deadline", "deployer", "network", "key admin", "log reader", "disaster recovery", "people")
		account, name := r.Account, r.Name
		switch {
		case r.ARN != "":
			a, ok := parseARN(r.ARN)
			if !ok || a.service != "iam" || !strings.HasPrefix(a.resource, "role/") || !isAccount(a.account) {
				c.fail(key+".arn", "want the ARN of a role, such as arn:aws:iam::111111111111:role/sable-render, not %q", r.ARN)
				continue
			}
			if account != "" && account != a.account {
				c.fail(key+".account", "the role's ARN says account %s, not %s", a.account, account)
			}
			account = a.account
			own := a.resource[strings.LastIndexByte(a.resource, '/')+1:]
			if name != "" && name != own {
				c.fail(key+".name", "the role's ARN says %s, not %s", own, name)
			}
			name = own
		case r.Name == "" || r.Account == "":
			c.fail(key+".arn", "want the role's ARN, or its name together with its account")
			continue
		}
		if !c.once("role", account+"|"+name, key) {
			continue
		}
		c.x.roles[account+"|"+name] = r
		if r.ARN != "" {
			c.x.roles[r.ARN] = r
		}
	}
}

// people gathers everybody whom the file names by login.
func (c *compiler) people() {
	s := &c.x.studio
	for i := range s.People {
		p := &s.People[i]
		key := at("people", i)
		if p.Login == "" {
			c.fail(key+".login", "want the person's login")
			continue
		}
		for j, name := range append([]string{p.Login}, p.Aliases...) {
			place := key + ".login"
			if j > 0 {
				place = item(key+".aliases", j-1)
			}
			if c.once("person", name, place) {
				c.x.people[strings.ToLower(name)] = p
			}
		}
	}
	for i, login := range s.Artists {
		if c.once("artist", login, item("artists", i)) {
			c.meet(login).Artist = true
		}
	}
	for i := range s.Sites {
		for _, login := range s.Sites[i].People {
			c.meet(login)
		}
	}
	for i := range s.Roles {
		for _, name := range s.Roles[i].MayAssume {
			if !strings.HasPrefix(name, "arn:") && !strings.HasSuffix(name, ".amazonaws.com") {
				c.meet(name)
			}
		}
	}
}

// meet is the person of a login, known before or not.
func (c *compiler) meet(login string) *Person {
	p := c.x.Person(login)
	if p == nil {
		p = &Person{Login: login}
		c.x.people[strings.ToLower(login)] = p
	}
	return p
}

func (c *compiler) images() {
	for i := range c.x.studio.Images {
		m := &c.x.studio.Images[i]
		key := at("images", i)
		c.production(key+".production", m.Production)
		switch {
		case m.ID == "" && m.Digest == "":
			c.fail(key, "want the id of an AMI, or the digest of a container image")
		case m.ID != "" && m.Digest != "":
			c.fail(key, "want an AMI or a container image, not both in one entry")
		case m.ID != "" && !strings.HasPrefix(m.ID, "ami-"):
			c.fail(key+".id", "want the id of an AMI, such as ami-0123456789abcdef0, not %q", m.ID)
		case m.Digest != "" && !isDigest(m.Digest):
			c.fail(key+".digest", "want sha256: and 64 hexadecimal digits, not %q", m.Digest)
		}
		for _, id := range []string{m.ID, m.Digest} {
			if id != "" && c.once("image", id+"|"+m.Production, key) {
				c.x.images[strings.ToLower(id)] = m
			}
		}
	}
}

func isDigest(d string) bool {
	hex, ok := strings.CutPrefix(d, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

func (c *compiler) windows() {
	for i := range c.x.studio.Windows {
		w := &c.x.studio.Windows[i]
		key := at("windows", i)
		if w.Kind == "" {
			c.fail(key+".kind", "want maintenance or disaster_recovery")
		}
		c.oneOf(key+".kind", w.Kind, "maintenance", "disaster_recovery")
		w.from, w.to = c.moment(key+".from", w.From), c.moment(key+".to", w.To)
		if w.from != 0 && w.to != 0 && w.to <= w.from {
			c.fail(key+".to", "the window ends before it begins, at %s", w.From)
		}
		for j, name := range w.Productions {
			c.production(item(key+".productions", j), name)
		}
		for j, id := range w.Accounts {
			c.account(item(key+".accounts", j), id)
		}
	}
}

func (c *compiler) exceptions() {
	for i := range c.x.studio.Exceptions {
		e := &c.x.studio.Exceptions[i]
		key := at("exceptions", i)
		for _, must := range [][2]string{{"rule", e.Rule}, {"subject", e.Subject}, {"reason", e.Reason}, {"owner", e.Owner}, {"expires", e.Expires}} {
			if must[1] == "" {
				c.fail(key+"."+must[0], "is missing: an exception wants rule, subject, reason, owner and expires, so that an auditor can ask")
			}
		}
		e.until = c.endOfDay(key+".expires", e.Expires)
		if c.once("exception", e.Rule+"|"+e.Subject, key) {
			c.x.exceptions[e.Rule] = append(c.x.exceptions[e.Rule], e)
		}
	}
}

func (c *compiler) contacts() {
	for i := range c.x.studio.Escalation {
		e := &c.x.studio.Escalation[i]
		key := at("escalation", i)
		if e.Name == "" && e.Reach == "" {
			c.fail(key, "want who is to be called, and how")
		}
		c.production(key+".production", e.Production)
		c.oneOf(key+".level", e.Level, levels...)
	}
}

func (c *compiler) tags() {
	if t := c.x.studio.Tags.PersistentCache; t != "" && !strings.Contains(t, "=") {
		c.fail("tags.persistent_cache", "want name=value, such as studio:cache=persistent, not %q", t)
	}
}
