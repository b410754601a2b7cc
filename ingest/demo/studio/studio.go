// Package studio is the made-up VFX studio whose logs ingest/demo writes: its
// accounts, productions, keys, roles, networks, hosts and people. Nothing here
// depends on a seed or a date: the studio is always the same one, so that rules,
// tests and a reader can rely on its names. All of it is invented: the domain
// is reserved, the outside world has documentation addresses only, and so have
// the services of AWS.
//
// It imports ingest/demo/dice alone, for identifiers. The makers of records
// and flows beside it read it; [Studio.WriteYAML] describes it as a real
// studio's engineer would.
package studio

import (
	"slices"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// The regions in which the studio works. Calls to global services (IAM, sign-in,
// Organizations) are logged in [Virginia].
const (
	London   = "eu-west-2"
	Virginia = "us-east-1"
)

// Organization is the id of the studio's AWS organization.
const Organization = "o-example"

// Tools is the bucket of render plug-ins and scripts in a region.
func Tools(region string) string { return "studio-render-tools-" + region }

// Domain ends the logins of its people.
const Domain = "studio.example"

// Studio is all of it. It is not changed once made and may be shared.
type Studio struct {
	Accounts    []*Account
	Productions []*Production
	VPCs        []*VPC
	Keys        []*Key
	Roles       []*Role
	Sites       []*Site
	Abroad      []*Abroad
	People      []*Person
}

// Account is one AWS account.
type Account struct{ ID, Name, Duty string }

// Production is one show.
type Production struct {
	// Name is upper case, Slug the same for use in names of resources.
	Name, Slug string
	// Tier is the content owner's class: 1 is unreleased and worst to lose.
	Tier int
	// WrapDays is when the show ends, counted from the first day of the logs.
	WrapDays int
	Account  *Account
	Region   string
	VPC      *VPC
	// Content encrypts assets and frames, Volumes the root volumes of nodes.
	Content, Volumes *Key
	// Render is the role of the render nodes, Sync that of the file servers,
	// which move assets and frames between their cache and the repository.
	Render, Sync *Role
	// Assets is the bucket of the asset repository; render nodes never read it.
	// Output holds what they may write: logs and thumbnails.
	Assets, Output string
	// Image is the approved image of its render nodes.
	Image string
	// Fleet is how many nodes a burst starts.
	Fleet int
}

// Key is one KMS key.
type Key struct {
	ID, Alias, Purpose string
	Account            *Account
	Region             string
}

// ARN names the key in CloudTrail's resources.
func (k *Key) ARN() string {
	return "arn:aws:kms:" + k.Region + ":" + k.Account.ID + ":key/" + k.ID
}

// Role is one IAM role.
type Role struct {
	// ID is the AROA… id that begins the principal id of its sessions.
	ID, Name, Path, Duty string
	Account              *Account
	// MayAssume says who may, in words of the studio file.
	MayAssume []string
}

// ARN is the role's own, not that of a session.
func (r *Role) ARN() string {
	return "arn:aws:iam::" + r.Account.ID + ":role" + r.Path + r.Name
}

// New builds the studio.
func New() *Studio {
	s := &Studio{}
	s.open()
	s.shoot("SABLE", 1, 214, "sable-prod", London, 16, 420)
	s.shoot("HALO", 2, 96, "halo-prod", Virginia, 32, 360)
	s.shoot("EMBER", 3, 31, "halo-prod", London, 48, 240)
	s.hire()
	return s
}

// open makes the accounts and what is no production's.
func (s *Studio) open() {
	s.Accounts = []*Account{
		{"111111111111", "sable-prod", "production"},
		{"222222222222", "halo-prod", "production"},
		{"333333333333", "shared-services", "shared"},
		{"444444444444", "logging", "logging"},
	}
	shared, logging := s.Account("shared-services"), s.Account("logging")
	s.VPCs = append(s.VPCs,
		management("mgmt-eu", shared, London, 8),
		management("mgmt-us", shared, Virginia, 9),
		watchtower(logging))
	s.addKey("alias/studio-logs", "logging", logging, London)
	s.addKey("alias/studio-backup", "backup", shared, London)
	rcs := s.addRole(shared, "deadline-rcs", "/", "deadline", "ec2.amazonaws.com")
	collector := s.addRole(logging, "burstwatch", "/", "log reader", "ecs-tasks.amazonaws.com")
	for _, a := range s.Accounts[:2] {
		s.addRole(a, "deadline-fleet", "/", "deadline", rcs.ARN())
	}
	for _, a := range s.Accounts {
		s.addRole(a, "cfn-deploy", "/", "deployer", "cloudformation.amazonaws.com")
		s.addRole(a, "burstwatch-reader", "/", "log reader", collector.ARN())
		s.addRole(a, "disaster-recovery", "/", "disaster recovery")
	}
}

// shoot adds a production whose VPC is 10.<net>.0.0/16.
func (s *Studio) shoot(name string, tier, wrapDays int, account, region string, net, fleet int) {
	slug := lower(name)
	p := &Production{
		Name: name, Slug: slug, Tier: tier, WrapDays: wrapDays, Region: region, Fleet: fleet,
		Account: s.Account(account),
		Assets:  slug + "-assets-" + region, Output: slug + "-render-output-" + region,
		Image: "ami-" + dice.New(0, "image", slug).Hex(17),
	}
	p.VPC = content(slug, p.Account, region, net)
	s.VPCs = append(s.VPCs, p.VPC)
	p.Content = s.addKey("alias/"+slug+"-content", "content asset", p.Account, region)
	p.Volumes = s.addKey("alias/"+slug+"-volumes", "root volume", p.Account, region)
	p.Render = s.addRole(p.Account, slug+"-render", "/", "render", "ec2.amazonaws.com")
	p.Sync = s.addRole(p.Account, slug+"-sync", "/", "asset transfer", "ec2.amazonaws.com")
	s.Productions = append(s.Productions, p)
}

func (s *Studio) addKey(alias, purpose string, a *Account, region string) *Key {
	k := &Key{ID: dice.New(0, "key", alias).UUID(), Alias: alias, Purpose: purpose, Account: a, Region: region}
	s.Keys = append(s.Keys, k)
	return k
}

func (s *Studio) addRole(a *Account, name, path, duty string, mayAssume ...string) *Role {
	id := "AROA" + dice.New(0, "role", a.ID, name).Upper(17)
	r := &Role{ID: id, Name: name, Path: path, Duty: duty, Account: a, MayAssume: mayAssume}
	s.Roles = append(s.Roles, r)
	return r
}

// Account is the account of that name. Asking for one that is not there is a
// mistake of the generator's own.
func (s *Studio) Account(name string) *Account {
	return find(s.Accounts, name, func(a *Account) string { return a.Name })
}

// Production is the production of that name.
func (s *Studio) Production(name string) *Production {
	return find(s.Productions, name, func(p *Production) string { return p.Name })
}

// VPC is the network of that name.
func (s *Studio) VPC(name string) *VPC {
	return find(s.VPCs, name, func(v *VPC) string { return v.Name })
}

// Key is the key of that alias, given without "alias/".
func (s *Studio) Key(alias string) *Key {
	return find(s.Keys, "alias/"+alias, func(k *Key) string { return k.Alias })
}

// Role is the role of that name in account.
func (s *Studio) Role(account, name string) *Role {
	return find(s.Roles, account+"/"+name, func(r *Role) string { return r.Account.Name + "/" + r.Name })
}

// Person is the one of that login, given without the domain.
func (s *Studio) Person(login string) *Person {
	return find(s.People, login+"@"+Domain, func(p *Person) string { return p.Login })
}

// Site is the place of that name.
func (s *Studio) Site(name string) *Site {
	return find(s.Sites, name, func(p *Site) string { return p.Name })
}

func find[T any](in []T, name string, key func(T) string) T {
	i := slices.IndexFunc(in, func(v T) bool { return key(v) == name })
	if i < 0 {
		panic("the made-up studio has no " + name)
	}
	return in[i]
}
