// Package inventory is what a studio knows of itself and logs do not say: which
// account belongs to which production, which addresses are whose, what a key is
// for. The studio file is read into a [Studio]; every part of it is optional.
//
// Today it gives values to the placeholders of rules (|expand); enrichment of
// events by it follows. It imports nothing of ours. cmd/internal/config reads
// the file; rules get values through [Studio.Placeholder].
package inventory

import (
	"slices"
	"strings"
)

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
	ID         string `yaml:"id"`
	Name       string `yaml:"name"`
	Duty       string `yaml:"duty"`
	Production string `yaml:"production"`
}

// Production is one show.
type Production struct {
	Name    string   `yaml:"name"`
	Tier    int      `yaml:"tier"`
	Wrap    string   `yaml:"wrap"`
	Account string   `yaml:"account"`
	Region  string   `yaml:"region"`
	Buckets []string `yaml:"buckets"`
}

// Site is a named place with its networks.
type Site struct {
	Name      string   `yaml:"name"`
	Kind      string   `yaml:"kind"`
	CIDRs     []string `yaml:"cidrs"`
	Latitude  float64  `yaml:"latitude"`
	Longitude float64  `yaml:"longitude"`
}

// Network is one VPC.
type Network struct {
	VPC        string   `yaml:"vpc"`
	Name       string   `yaml:"name"`
	Kind       string   `yaml:"kind"`
	Account    string   `yaml:"account"`
	Region     string   `yaml:"region"`
	Production string   `yaml:"production"`
	CIDRs      []string `yaml:"cidrs"`
	Subnets    []Subnet `yaml:"subnets"`
	MayReach   []string `yaml:"may_reach"`
}

// Subnet is a part of a VPC.
type Subnet struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	Zone string `yaml:"zone"`
	CIDR string `yaml:"cidr"`
}

// Host is a machine with addresses.
type Host struct {
	Name       string   `yaml:"name"`
	Addresses  []string `yaml:"addresses"`
	Production string   `yaml:"production"`
}

// Key is one KMS key.
type Key struct {
	ARN        string `yaml:"arn"`
	Alias      string `yaml:"alias"`
	Purpose    string `yaml:"purpose"`
	Production string `yaml:"production"`
	Account    string `yaml:"account"`
}

// Role is one IAM role.
type Role struct {
	ARN        string   `yaml:"arn"`
	Name       string   `yaml:"name"`
	Duty       string   `yaml:"duty"`
	Account    string   `yaml:"account"`
	Production string   `yaml:"production"`
	MayAssume  []string `yaml:"may_assume"`
}

// Image is an approved image.
type Image struct {
	ID         string `yaml:"id"`
	Digest     string `yaml:"digest"`
	Name       string `yaml:"name"`
	Production string `yaml:"production"`
}

// Window is a time in which something unusual is planned.
type Window struct {
	Name string `yaml:"name"`
	Kind string `yaml:"kind"`
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// Exception says that a rule does not apply to somebody for a while.
type Exception struct {
	Rule    string `yaml:"rule"`
	Subject string `yaml:"subject"`
	Reason  string `yaml:"reason"`
	Owner   string `yaml:"owner"`
	Expires string `yaml:"expires"`
}

// Placeholder gives the values of a name that a rule expands: those of the
// placeholders part, or one of the names that the rest of the file implies:
// studio_cidrs, account_ids, artists, bastions, approved_images. false means
// that the file has no values for it.
func (s *Studio) Placeholder(name string) ([]string, bool) {
	if s == nil {
		return nil, false
	}
	if v, ok := s.Placeholders[name]; ok {
		return v, true
	}
	var out []string
	switch name {
	case "studio_cidrs":
		for _, x := range s.Sites {
			out = append(out, x.CIDRs...)
		}
	case "account_ids":
		for _, x := range s.Accounts {
			out = append(out, x.ID)
		}
	case "artists":
		out = slices.Clone(s.Artists)
	case "bastions":
		out = slices.Clone(s.Bastions)
	case "approved_images":
		for _, x := range s.Images {
			out = append(out, strings.TrimSpace(x.ID+x.Digest))
		}
	}
	return out, len(out) > 0
}
