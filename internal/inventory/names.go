package inventory

import "strings"

// Key is the KMS key that a name means: an ARN of the key or of its alias, a
// bare key id, or an alias (alias/…). account may be empty where the name is an
// ARN, or where only one key of the file can be meant. A replica of a
// multi-region key is the key.
func (x *Index) Key(name, account string) *Key {
	if x == nil || name == "" {
		return nil
	}
	if k := x.keys[name]; k != nil {
		return k
	}
	if strings.HasPrefix(name, "arn:") {
		a, ok := parseARN(name)
		if !ok {
			return nil
		}
		if id, ok := strings.CutPrefix(a.resource, "key/"); ok && strings.HasPrefix(id, "mrk-") {
			return x.keys[a.account+"|"+id]
		}
		return nil
	}
	return x.keys[account+"|"+name]
}

// Role is the role that a name means: its ARN, the ARN of one of its sessions
// (…:assumed-role/NAME/SESSION), or its bare name in an account.
func (x *Index) Role(name, account string) *Role {
	if x == nil || name == "" {
		return nil
	}
	if r := x.roles[name]; r != nil {
		return r
	}
	if !strings.HasPrefix(name, "arn:") {
		return x.roles[account+"|"+name]
	}
	a, ok := parseARN(name)
	if !ok {
		return nil
	}
	kind, rest, _ := strings.Cut(a.resource, "/")
	switch kind {
	case "assumed-role":
		rest, _, _ = strings.Cut(rest, "/")
	case "role": // some records leave the path out
		rest = rest[strings.LastIndexByte(rest, '/')+1:]
	default:
		return nil
	}
	return x.roles[a.account+"|"+rest]
}

// Person is the person behind a login, an alias or the name of a session.
// Logins of the studio's domain may stand without it. nil if the file does not
// name the person.
func (x *Index) Person(login string) *Person {
	if x == nil || login == "" {
		return nil
	}
	if p := x.people[login]; p != nil {
		return p
	}
	login = strings.ToLower(login)
	if p := x.people[login]; p != nil {
		return p
	}
	if x.studio.Domain == "" {
		return nil
	}
	if name, ok := strings.CutSuffix(login, "@"+strings.ToLower(x.studio.Domain)); ok {
		return x.people[name]
	}
	return x.people[login+"@"+strings.ToLower(x.studio.Domain)]
}

// MayAssume reports whether somebody, by any of the names given (login, session
// name, ARN, AWS service), may assume a role, and whether the file says at all
// who may.
func (x *Index) MayAssume(r *Role, names ...string) (allowed, known bool) {
	if x == nil || r == nil || len(r.MayAssume) == 0 {
		return false, false
	}
	for _, may := range r.MayAssume {
		for _, name := range names {
			if name != "" && x.same(may, name) {
				return true, true
			}
		}
	}
	return false, true
}

// same reports whether a name of the file and one of a log mean the same.
func (x *Index) same(may, name string) bool {
	if strings.EqualFold(may, name) {
		return true
	}
	if p := x.Person(name); p != nil && p == x.Person(may) {
		return true
	}
	r := x.Role(name, "")
	return r != nil && r == x.Role(may, "")
}

// Contacts are those to call about a production, which may be empty, at a
// level, in the order of the file.
func (x *Index) Contacts(production, level string) []*Contact {
	if x == nil {
		return nil
	}
	var out []*Contact
	for i := range x.studio.Escalation {
		c := &x.studio.Escalation[i]
		if (c.Production == "" || strings.EqualFold(c.Production, production)) && rank(level) >= rank(c.Level) {
			out = append(out, c)
		}
	}
	return out
}

var levels = []string{"informational", "low", "medium", "high", "critical"}

// rank orders levels; what is none comes first.
func rank(level string) int {
	for i, l := range levels {
		if l == level {
			return i
		}
	}
	return 0
}

// arn is a parsed ARN.
type arn struct{ service, region, account, resource string }

func parseARN(s string) (a arn, ok bool) {
	part := strings.SplitN(s, ":", 6)
	if len(part) != 6 || part[0] != "arn" || !strings.HasPrefix(part[1], "aws") || part[2] == "" || part[5] == "" {
		return a, false
	}
	return arn{part[2], part[3], part[4], part[5]}, true
}
