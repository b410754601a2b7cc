package inventory

// Studio is the studio file as it was written. Nothing in it is sure until
// [Compile] has checked it.
type Studio struct {
	Name         string         `yaml:"name" doc:"The studio's name."`
	Organization string         `yaml:"organization" doc:"Id of the AWS organization, such as o-example."`
	Domain       string         `yaml:"domain" doc:"What the logins of the studio's people end with."`
	Accounts     []Account      `yaml:"accounts" doc:"The AWS accounts."`
	Productions  []Production   `yaml:"productions" doc:"The shows, with tier and wrap date."`
	Sites        []Site         `yaml:"sites" doc:"Places that people work from: offices, VPNs, cloud desktop pools."`
	Places       []Elsewhere    `yaml:"places" doc:"Where addresses are that are not the studio's, for those that a location database does not know or puts elsewhere."`
	Networks     []Network      `yaml:"networks" doc:"VPCs, what they are for, and what they may reach."`
	Bastions     []string       `yaml:"bastions" doc:"Addresses from which SSH is allowed."`
	People       []Person       `yaml:"people" doc:"People whom the logs know by several names, or whose home is a site."`
	Licences     []Host         `yaml:"licence_servers" doc:"Licence servers that render nodes may reach."`
	Repositories []Host         `yaml:"repositories" doc:"Deadline repositories and connection servers."`
	Keys         []Key          `yaml:"keys" doc:"KMS keys with purpose and owner."`
	Roles        []Role         `yaml:"roles" doc:"IAM roles with their duty and who may assume them."`
	Artists      []string       `yaml:"artists" doc:"Logins of artists, who have no business in AWS."`
	Images       []Image        `yaml:"images" doc:"Approved AMIs and container image digests."`
	Windows      []Window       `yaml:"windows" doc:"Maintenance and disaster-recovery tests."`
	Exceptions   []Exception    `yaml:"exceptions" doc:"Rules that do not apply to somebody, with owner and expiry."`
	Escalation   []Contact      `yaml:"escalation" doc:"Whom to call, by production and level."`
	Tags         Tags           `yaml:"tags" doc:"The AWS tags that the studio goes by."`
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

	wrapped int64 // the end of the day of Wrap; 0 if it says none
}

// Site is a named place with its networks.
type Site struct {
	Name      string   `yaml:"name" doc:"Its name."`
	Kind      string   `yaml:"kind" doc:"office, vpn, desktop (a pool of cloud desktops), nat or home."`
	CIDRs     []string `yaml:"cidrs" doc:"Its public and private networks."`
	City      string   `yaml:"city" doc:"The city that it is in."`
	Country   string   `yaml:"country" doc:"The country that it is in, in two letters (ISO 3166)."`
	Latitude  float64  `yaml:"latitude" doc:"Where it is, in degrees north. Of a VPN, where it leaves to the internet."`
	Longitude float64  `yaml:"longitude" doc:"Where it is, in degrees east."`
	Account   string   `yaml:"account" doc:"The account whose addresses these are, of a desktop pool or NAT gateway."`
	People    []string `yaml:"people" doc:"Logins of those whose place it is alone, such as a home. Empty means everybody's."`
}

// Elsewhere is a place that is not the studio's.
type Elsewhere struct {
	Name         string   `yaml:"name" doc:"What it is."`
	CIDRs        []string `yaml:"cidrs" doc:"Its networks."`
	City         string   `yaml:"city" doc:"The city that it is in."`
	Country      string   `yaml:"country" doc:"The country that it is in, in two letters (ISO 3166)."`
	Latitude     float64  `yaml:"latitude" doc:"Where it is, in degrees north."`
	Longitude    float64  `yaml:"longitude" doc:"Where it is, in degrees east."`
	RadiusKm     float64  `yaml:"radius_km" doc:"How far from there it may be, in kilometres. 0 means 50."`
	ASN          int      `yaml:"asn" doc:"The number of its autonomous system."`
	Organization string   `yaml:"organization" doc:"The owner of its autonomous system."`
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
	MayReach   []string `yaml:"may_reach" doc:"What it may open connections to: CIDRs, names of networks or sites, licence_servers, repositories, bastions, or aws:S3 for a service that flow logs name. A content network may reach nothing else."`
	Repeated   bool     `yaml:"repeated" doc:"Its address ranges are another network's too, so that an address alone does not tell it."`
}

// Subnet is a part of a VPC.
type Subnet struct {
	ID       string   `yaml:"id" doc:"The id of the subnet."`
	Name     string   `yaml:"name" doc:"Its name."`
	Zone     string   `yaml:"zone" doc:"Its availability zone, by id."`
	CIDR     string   `yaml:"cidr" doc:"Its address range."`
	Kind     string   `yaml:"kind" doc:"content, management or logging, where it is not what its network is."`
	MayReach []string `yaml:"may_reach" doc:"What it may open connections to beyond what its network may."`
}

// Host is a machine with addresses.
type Host struct {
	Name       string   `yaml:"name" doc:"Its name."`
	Addresses  []string `yaml:"addresses" doc:"Its addresses."`
	Interfaces []string `yaml:"interfaces" doc:"Ids of its network interfaces, by which flow logs know it."`
	Ports      []int    `yaml:"ports" doc:"The ports that it is reached on; empty means all."`
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
	Duty       string   `yaml:"duty" doc:"What it is for: render, asset transfer, deadline, deployer, network, key admin, log reader, disaster recovery or people."`
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
	Name        string   `yaml:"name" doc:"What is planned."`
	Kind        string   `yaml:"kind" doc:"maintenance or disaster_recovery."`
	From        string   `yaml:"from" doc:"Its begin, such as 2026-11-05T11:30:00Z."`
	To          string   `yaml:"to" doc:"Its end."`
	Productions []string `yaml:"productions" doc:"The productions that it concerns; empty means all."`
	Accounts    []string `yaml:"accounts" doc:"The accounts that it concerns; empty means all."`

	from, to int64
}

// Exception says that a rule does not apply to somebody for a while.
type Exception struct {
	Rule    string `yaml:"rule" doc:"The rule's id."`
	Subject string `yaml:"subject" doc:"Whom it does not apply to: the subject that its alerts name."`
	Reason  string `yaml:"reason" doc:"Why."`
	Owner   string `yaml:"owner" doc:"Who answers for it."`
	Expires string `yaml:"expires" doc:"The last day on which it holds."`

	until int64 // the end of that day
}

// Person is somebody whom logs know by more than one name.
type Person struct {
	Login   string   `yaml:"login" doc:"The login at the identity provider, such as ada.k@studio.example."`
	Aliases []string `yaml:"aliases" doc:"Other names of the same person in logs: IAM users, session names, Deadline users."`
	Artist  bool     `yaml:"artist" doc:"Makes pictures and has no business in AWS; the same as standing under artists."`
}

// Contact is somebody to call.
type Contact struct {
	Name       string `yaml:"name" doc:"Who."`
	Reach      string `yaml:"reach" doc:"How: a number, a channel, an address."`
	Production string `yaml:"production" doc:"The production that it is for; empty means all."`
	Level      string `yaml:"level" doc:"From which level on: informational, low, medium, high or critical. Empty means all."`
}

// Tags are the AWS tags that the studio goes by, each as name or name=value.
type Tags struct {
	Production      string `yaml:"production" doc:"The tag whose value is a production's name."`
	Tier            string `yaml:"tier" doc:"The tag whose value is a tier."`
	PersistentCache string `yaml:"persistent_cache" doc:"The tag, as name=value, of volumes that keep assets on purpose when their instance ends."`
}
