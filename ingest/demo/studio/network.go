package studio

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// VPC is one network. All of them are 10.<n>.0.0/16.
type VPC struct {
	ID, Name string
	// Kind is content (no way to the internet), management or logging.
	Kind    string
	Account *Account
	Region  string
	Net     int
	// FlowLog is the id in the names of its flow-log files.
	FlowLog string
	Subnets []*Subnet
	// Hosts are those that are always there; render nodes come and go.
	Hosts []*Host
	// Internet is its internet gateway, RouteTable that of its private subnets.
	Internet, RouteTable string
	// Group is the security group of its hosts.
	Group string
}

// Subnet is a part of a VPC.
type Subnet struct {
	ID, Name, Zone, CIDR string
}

// Host is a machine or an endpoint with one interface.
type Host struct {
	Name, Interface, Instance, IP string
	Subnet                        *Subnet
}

// CIDR is the VPC's network.
func (v *VPC) CIDR() string { return fmt.Sprintf("10.%d.0.0/16", v.Net) }

// Host is the host of that name.
func (v *VPC) Host(name string) *Host {
	return find(v.Hosts, name, func(h *Host) string { return h.Name })
}

// Subnet is the subnet of that name.
func (v *VPC) Subnet(name string) *Subnet {
	return find(v.Subnets, name, func(s *Subnet) string { return s.Name })
}

// Node is render node number n, from 0, of a content VPC: the address is its
// own, instance and interface are those of one launch.
func (v *VPC) Node(n int, launch *dice.Dice) *Host {
	subnet, third := v.Subnets[n%2], (n/2+16)/250
	ip := fmt.Sprintf("10.%d.%d.%d", v.Net, n%2*16+third, (n/2+16)%250+2)
	return &Host{
		Name: fmt.Sprintf("%s-render-%03d", v.Name, n), IP: ip, Subnet: subnet,
		Instance: "i-0" + launch.Hex(16), Interface: "eni-0" + launch.Hex(16),
	}
}

// Host names that more than one place speaks of.
const (
	FileServer  = "files-1"
	Directory   = "directory-1"
	Repository  = "deadline-rcs"
	LicenceNuke = "licence-foundry"
	LicenceSide = "licence-sesi"
	LicenceRLM  = "licence-rlm"
	Bastion     = "bastion"
	Gateway     = "nat-gateway"
)

func content(slug string, a *Account, region string, net int) *VPC {
	v := newVPC(slug, "content", a, region, net)
	v.subnet("render-a", "0.0/20", 1)
	v.subnet("render-b", "16.0/20", 2)
	storage := v.subnet("storage", "64.0/24", 1)
	endpoints := v.subnet("endpoints", "65.0/24", 1)
	for i := range 3 {
		v.host(fmt.Sprintf("files-%d", i+1), storage, 64, 10+i, true)
	}
	for i, service := range []string{"kms", "ssm", "logs", "sts"} {
		v.host("endpoint-"+service, endpoints, 65, 10+i, false)
	}
	return v
}

func management(name string, a *Account, region string, net int) *VPC {
	v := newVPC(name, "management", a, region, net)
	public := v.subnet("public", "0.0/24", 1)
	services := v.subnet("services", "1.0/24", 1)
	v.host(Gateway, public, 0, 10, false)
	v.host(Bastion, public, 0, 20, true)
	for i, name := range []string{Directory, "directory-2", Repository, "deadline-db", LicenceNuke, LicenceSide, LicenceRLM} {
		v.host(name, services, 1, 10+i, true)
	}
	return v
}

func watchtower(a *Account) *VPC {
	v := newVPC("logging", "logging", a, London, 4)
	v.host("burstwatch", v.subnet("collector", "0.0/24", 1), 0, 10, true)
	return v
}

func newVPC(name, kind string, a *Account, region string, net int) *VPC {
	d := dice.New(0, "vpc", name)
	return &VPC{
		Name: name, Kind: kind, Account: a, Region: region, Net: net,
		ID: "vpc-0" + d.Hex(16), FlowLog: "fl-0" + d.Hex(16), Internet: "igw-0" + d.Hex(16),
		RouteTable: "rtb-0" + d.Hex(16), Group: "sg-0" + d.Hex(16),
	}
}

var zones = map[string]string{London: "euw2-az", Virginia: "use1-az"}

func (v *VPC) subnet(name, rest string, zone int) *Subnet {
	s := &Subnet{
		ID: "subnet-0" + dice.New(0, "subnet", v.Name, name).Hex(16), Name: name,
		CIDR: fmt.Sprintf("10.%d.%s", v.Net, rest), Zone: fmt.Sprintf("%s%d", zones[v.Region], zone),
	}
	v.Subnets = append(v.Subnets, s)
	return s
}

func (v *VPC) host(name string, in *Subnet, third, fourth int, machine bool) {
	d := dice.New(0, "host", v.Name, name)
	h := &Host{Name: name, Subnet: in, Interface: "eni-0" + d.Hex(16), IP: fmt.Sprintf("10.%d.%d.%d", v.Net, third, fourth)}
	if machine {
		h.Instance = "i-0" + d.Hex(16)
	}
	v.Hosts = append(v.Hosts, h)
}

// Addresses of the world outside. Where AWS or the internet would have a public
// address, the studio's world has one of the ranges kept for documentation.
const (
	// Singapore is where nobody of the studio is.
	Singapore = "198.51.100.24"
	// DropBox is the host that takes what leaves SABLE's render subnet.
	DropBox = "198.51.100.99"
	// Thief uses credentials that are an instance's.
	Thief = "198.51.100.77"
	// HomeOfRosa is where Rosa lives.
	HomeOfRosa = "198.51.100.200"
	// Carrier is a mobile network in London.
	Carrier = "198.51.100.210"
	// PublicNTP is a server of the public time pool.
	PublicNTP = "192.0.2.130"
	// LinuxMirror serves packages to the management networks.
	LinuxMirror = "192.0.2.145"
)

// StorageRange is where the S3 gateway endpoint of a region leads.
func StorageRange(region string) netip.Prefix {
	if region == Virginia {
		return netip.MustParsePrefix("192.0.2.64/26")
	}
	return netip.MustParsePrefix("192.0.2.0/26")
}

// Endpoint is the VPC endpoint through which a VPC calls a service.
func (v *VPC) Endpoint(service string) string {
	return "vpce-0" + dice.New(0, "vpce", v.Name, service).Hex(16)
}

func lower(s string) string { return strings.ToLower(s) }
