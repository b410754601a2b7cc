// Package inventory is what a studio knows of itself and logs do not say: which
// account belongs to which production, which addresses are whose, what a key is
// for. The studio file is read into a [Studio]; every part of it is optional.
//
// Today it gives values to the placeholders of rules (|expand); enrichment of
// events by it follows. It imports nothing of ours. cmd/internal/config reads
// the file; rules get values through [Studio.Placeholder].
package inventory

// Studio is the studio file.
type Studio struct {
	Name         string         `yaml:"name" doc:"The studio's name."`
	Organization string         `yaml:"organization" doc:"Id of the AWS organization, such as o-example."`
	Domain       string         `yaml:"domain" doc:"What the logins of the studio's people end with."`
	Accounts     []Account      `yaml:"accounts" doc:"The AWS accounts."`
	Productions  []Production   `yaml:"productions" doc:"The shows, with tier and wrap date."`
	Sites        []Site         `yaml:"sites" doc:"Places that people work from: offices, VPNs, cloud desktop pools."`
	Networks     []Network      `yaml:"networks" doc:"VPCs, what they are for, and what they may reach."`
	Bastions     []string       `yaml:"bastions" doc:"Addresses from which SSH is allowed."`
	Licences     []Host         `yaml:"licence_servers" doc:"Licence servers that render nodes may reach."`
	Repositories []Host         `yaml:"repositories" doc:"Deadline repositories and connection servers."`
	Keys         []Key          `yaml:"keys" doc:"KMS keys with purpose and owner."`
	Roles        []Role         `yaml:"roles" doc:"IAM roles with their duty and who may assume them."`
	Artists      []string       `yaml:"artists" doc:"Logins of artists, who have no business in AWS."`
	Images       []Image        `yaml:"images" doc:"Approved AMIs and container image digests."`
	Windows      []Window       `yaml:"windows" doc:"Maintenance and disaster-recovery tests."`
	Exceptions   []Exception    `yaml:"exceptions" doc:"Rules that do not apply to somebody, with owner and expiry."`
	Placeholders map[string]Set `yaml:"placeholders" doc:"Values for the placeholders of rules, by name."`
}

// Set is a list of values.
type Set []string

// Account is one AWS account.
type Account struct {
	ID         string `yaml:"id" doc:"The account's twelve digits, in quotes."`
	Name       string `yaml:"name" doc:"Its name, for people."`
	Duty       string `yaml:"duty" doc:"What it is for: production, shared or logging."`
	Production string `yaml:"production" doc:"The production that it belongs to alone."`
}

// Production is one show.
type Production struct {
	Name    string   `yaml:"name" doc:"Its name, by which the other parts refer to it."`
	Tier    int      `yaml:"tier" doc:"1 unreleased content, 2 released content, 3 general."`
	Wrap    string   `yaml:"wrap" doc:"The day of its end, such as 2027-06-07. Its roles, keys and compute have no business after it."`
	Account string   `yaml:"account" doc:"The account that it is made in."`
	Region  string   `yaml:"region" doc:"The AWS region that it renders in."`
	Buckets []string `yaml:"buckets" doc:"Buckets that hold its content."`
}

// Site is a named place with its networks.
type Site struct {
	Name      string   `yaml:"name" doc:"Its name."`
	Kind      string   `yaml:"kind" doc:"office, vpn, desktop (a pool of cloud desktops), nat or home."`
	CIDRs     []string `yaml:"cidrs" doc:"Its public and private networks."`
	Latitude  float64  `yaml:"latitude" doc:"Where it is, in degrees north."`
	Longitude float64  `yaml:"longitude" doc:"Where it is, in degrees east."`
}

// Network is one VPC.
type Network struct {
	VPC        string   `yaml:"vpc" doc:"The id of the VPC."`
	Name       string   `yaml:"name" doc:"Its name."`
	Kind       string   `yaml:"kind" doc:"content, management or logging."`
	Account    string   `yaml:"account" doc:"The account that owns it."`
	Region     string   `yaml:"region" doc:"Its AWS region."`
	Production string   `yaml:"production" doc:"The production whose content it holds."`
	CIDRs      []string `yaml:"cidrs" doc:"Its address ranges."`
	Subnets    []Subnet `yaml:"subnets" doc:"Its subnets."`
	MayReach   []string `yaml:"may_reach" doc:"Networks that it may open connections to. A content network may reach nothing else."`
}

// Subnet is a part of a VPC.
type Subnet struct {
	ID   string `yaml:"id" doc:"The id of the subnet."`
	Name string `yaml:"name" doc:"Its name."`
	Zone string `yaml:"zone" doc:"Its availability zone, by id."`
	CIDR string `yaml:"cidr" doc:"Its address range."`
}

// Host is a machine with addresses.
type Host struct {
	Name       string   `yaml:"name" doc:"Its name."`
	Addresses  []string `yaml:"addresses" doc:"Its addresses."`
	Production string   `yaml:"production" doc:"The production that it serves alone."`
}

// Key is one KMS key.
type Key struct {
	ARN        string `yaml:"arn" doc:"The key's ARN."`
	Alias      string `yaml:"alias" doc:"Its alias, such as alias/sable-content."`
	Purpose    string `yaml:"purpose" doc:"What it encrypts: content asset, root volume, logging or backup."`
	Production string `yaml:"production" doc:"The production whose content it protects."`
	Account    string `yaml:"account" doc:"The account that owns it."`
}

// Role is one IAM role.
type Role struct {
	ARN        string   `yaml:"arn" doc:"The role's ARN."`
	Name       string   `yaml:"name" doc:"Its name."`
	Duty       string   `yaml:"duty" doc:"What it is for: render, asset transfer, deadline, deployer, log reader, disaster recovery or people."`
	Account    string   `yaml:"account" doc:"The account that it is in."`
	Production string   `yaml:"production" doc:"The production that it works for alone."`
	MayAssume  []string `yaml:"may_assume" doc:"Who may assume it: logins, ARNs or AWS services."`
}

// Image is an approved image.
type Image struct {
	ID         string `yaml:"id" doc:"The id of an AMI."`
	Digest     string `yaml:"digest" doc:"The digest of a container image, with its algorithm in front (sha256:…)."`
	Name       string `yaml:"name" doc:"What it is."`
	Production string `yaml:"production" doc:"The production that it is approved for; empty means all."`
}

// Window is a time in which something unusual is planned.
type Window struct {
	Name string `yaml:"name" doc:"What is planned."`
	Kind string `yaml:"kind" doc:"maintenance or disaster_recovery."`
	From string `yaml:"from" doc:"Its begin, such as 2026-11-05T11:30:00Z."`
	To   string `yaml:"to" doc:"Its end."`
}

// Exception says that a rule does not apply to somebody for a while.
type Exception struct {
	Rule    string `yaml:"rule" doc:"The rule's id."`
	Subject string `yaml:"subject" doc:"Whom it does not apply to: the subject that its alerts name."`
	Reason  string `yaml:"reason" doc:"Why."`
	Owner   string `yaml:"owner" doc:"Who answers for it."`
	Expires string `yaml:"expires" doc:"The day on which it ends."`
}

// Placeholder gives the values of a name that a rule expands: those of the
// placeholders part, or one of the names that the rest of the file implies (see
// implied). false means that the file has no values for it.
func (s *Studio) Placeholder(name string) ([]string, bool) {
	if s == nil {
		return nil, false
	}
	if v, ok := s.Placeholders[name]; ok {
		return v, true
	}
	of, ok := implied[name]
	if !ok {
		return nil, false
	}
	out := of(s)
	return out, len(out) > 0
}
