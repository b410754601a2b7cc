package studio

import (
	"fmt"
	"slices"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// Site is a place from which people work.
type Site struct {
	Name string
	// Kind is office, vpn, desktop (cloud desktops), nat or home.
	Kind      string
	CIDRs     []string
	City      string
	Country   string
	Latitude  float64
	Longitude float64
	// People are the logins of those whose place it is alone.
	People []string
}

// Abroad is a place that is not the studio's. Documentation addresses are in no
// location database, so the studio file tells where they are.
type Abroad struct {
	Name, CIDR, City, Country string
	Latitude, Longitude       float64
	ASN                       int
	Organization              string
}

// Person is somebody with a login.
type Person struct {
	Login, Name, Title string
	// UserID is the person's id in IAM Identity Center.
	UserID string
	// Set is the permission set, Accounts where it is assigned.
	Set      string
	Accounts []string
	Site     string
	// IP is what the world sees of the person's device, Browser what it says.
	IP, Browser, Shell string
	// Begins is when the working day starts, in minutes of the studio's day.
	Begins int
	// Cast people act in the story alone and have no other day, so that what
	// the story says of them is all there is.
	Cast bool
}

// The permission sets of the studio.
const (
	ShowAdmin      = "ShowAdmin"
	RenderWrangler = "RenderWrangler"
	PlatformAdmin  = "PlatformAdmin"
	PipelineDev    = "PipelineDev"
	KeyAdmin       = "KeyAdmin"
	SecurityAudit  = "SecurityAudit"
)

// Reserved is the role that Identity Center makes of a permission set in an account.
func (s *Studio) Reserved(account, set string) *Role {
	return s.Role(account, "AWSReservedSSO_"+set+"_"+dice.New(0, "set", set).Hex(16))
}

func (s *Studio) hire() {
	london, vancouver := []float64{51.5074, -0.1278}, []float64{49.2827, -123.1207}
	place := func(name, kind, city, country string, at []float64, cidrs ...string) {
		s.Sites = append(s.Sites, &Site{name, kind, cidrs, city, country, at[0], at[1], nil})
	}
	place("london-vpn", "vpn", "London", "GB", london, "203.0.113.0/28")
	place("london", "office", "London", "GB", london, "203.0.113.16/28", "2001:db8:10::/48", "10.100.0.0/16")
	place("vancouver", "office", "Vancouver", "CA", vancouver, "203.0.113.32/28", "2001:db8:20::/48", "10.101.0.0/16")
	place("vancouver-vpn", "vpn", "Vancouver", "CA", vancouver, "203.0.113.48/28")
	place("desktops-eu", "desktop", "London", "GB", london, "203.0.113.64/27")
	place("desktops-us", "desktop", "Ashburn", "US", []float64{39.0438, -77.4874}, "203.0.113.96/27")
	place("nat-eu", "nat", "London", "GB", london, "203.0.113.128/28")
	place("nat-us", "nat", "Ashburn", "US", []float64{39.0438, -77.4874}, "203.0.113.144/28")
	place("home-rosa", "home", "London", "GB", []float64{51.55, -0.08}, HomeOfRosa+"/32")
	s.Site("home-rosa").People = []string{"rosa.f@" + Domain}
	s.Abroad = []*Abroad{
		{"hotel network", Singapore + "/32", "Singapore", "SG", 1.3521, 103.8198, 64496, "Example Hospitality"},
		{"rented servers", Thief + "/32", "Frankfurt", "DE", 50.1109, 8.6821, 64497, "Example Hosting"},
		{"mobile carrier", Carrier + "/32", "London", "GB", 51.5074, -0.1278, 64499, "Example Mobile"},
		{"file drop", DropBox + "/32", "Amsterdam", "NL", 52.3676, 4.9041, 64498, "Example Storage"},
	}
	for i, p := range crew {
		s.employ(p, i)
	}
	for _, account := range s.Accounts {
		for _, set := range []string{ShowAdmin, RenderWrangler, PlatformAdmin, PipelineDev, KeyAdmin, SecurityAudit} {
			s.assign(account, set)
		}
		s.Role(account.Name, "disaster-recovery").MayAssume = s.holders("", PlatformAdmin)
	}
}

// assign makes the role of a permission set in an account for those who have it.
func (s *Studio) assign(account *Account, set string) {
	if people := s.holders(account.Name, set); len(people) > 0 {
		name := "AWSReservedSSO_" + set + "_" + dice.New(0, "set", set).Hex(16)
		s.addRole(account, name, "/aws-reserved/sso.amazonaws.com/"+London+"/", "people", people...)
	}
}

// holders are the logins of those who have a permission set in an account, or
// in any if account is empty.
func (s *Studio) holders(account, set string) (logins []string) {
	for _, p := range s.People {
		if p.Set == set && (account == "" || slices.Contains(p.Accounts, account)) {
			logins = append(logins, p.Login)
		}
	}
	return logins
}

func (s *Studio) employ(p Person, i int) {
	d := dice.New(0, "person", p.Login)
	p.UserID = d.UUID()
	p.Login += "@" + Domain
	p.IP = fmt.Sprintf("203.0.113.%d", map[string]int{"london-vpn": 2, "london": 18, "vancouver": 34, "vancouver-vpn": 50}[p.Site]+i%6)
	p.Browser = browsers[i%len(browsers)]
	p.Shell = shells[i%len(shells)]
	p.Begins = 8*60 + d.IntN(100)
	if p.Site == "vancouver" || p.Site == "vancouver-vpn" {
		p.Begins = 15*60 + 30 + d.IntN(60)
	}
	if p.Title == nightShift {
		p.Begins = 22 * 60
	}
	s.People = append(s.People, &p)
}

const nightShift = "render wrangler, nights"

// crew are the studio's people. Whoever has Cast set has a part in the story.
var crew = []Person{
	{Login: "ada.k", Name: "Ada K.", Title: "production systems lead", Set: ShowAdmin, Accounts: []string{"sable-prod"}, Site: "london-vpn", Cast: true},
	{Login: "ben.o", Name: "Ben O.", Title: "render wrangler", Set: RenderWrangler, Accounts: []string{"sable-prod", "shared-services"}, Site: "london"},
	{Login: "chloe.m", Name: "Chloe M.", Title: "render wrangler", Set: RenderWrangler, Accounts: []string{"halo-prod", "shared-services"}, Site: "vancouver"},
	{Login: "dev.r", Name: "Dev R.", Title: "systems engineer", Set: PlatformAdmin, Accounts: []string{"shared-services", "logging"}, Site: "london"},
	{Login: "eve.l", Name: "Eve L.", Title: "systems engineer", Set: PlatformAdmin, Accounts: []string{"shared-services", "sable-prod"}, Site: "london-vpn"},
	{Login: "farid.a", Name: "Farid A.", Title: "pipeline developer", Set: PipelineDev, Accounts: []string{"sable-prod"}, Site: "london"},
	{Login: "grace.t", Name: "Grace T.", Title: "pipeline developer", Set: PipelineDev, Accounts: []string{"halo-prod"}, Site: "vancouver"},
	{Login: "hugo.p", Name: "Hugo P.", Title: "security analyst", Set: SecurityAudit, Accounts: []string{"logging", "sable-prod", "halo-prod"}, Site: "london"},
	{Login: "ines.c", Name: "Ines C.", Title: "security analyst", Set: SecurityAudit, Accounts: []string{"logging", "shared-services"}, Site: "london-vpn"},
	{Login: "jonas.w", Name: "Jonas W.", Title: "production systems", Set: ShowAdmin, Accounts: []string{"halo-prod"}, Site: "london", Cast: true},
	{Login: "kaya.s", Name: "Kaya S.", Title: "production systems lead", Set: ShowAdmin, Accounts: []string{"halo-prod"}, Site: "vancouver"},
	{Login: "liam.d", Name: "Liam D.", Title: "production systems", Set: ShowAdmin, Accounts: []string{"sable-prod"}, Site: "london"},
	{Login: "mira.j", Name: "Mira J.", Title: "key administrator", Set: KeyAdmin, Accounts: []string{"sable-prod", "halo-prod"}, Site: "london", Cast: true},
	{Login: "noor.h", Name: "Noor H.", Title: "producer on the road", Set: SecurityAudit, Accounts: []string{"sable-prod"}, Site: "london-vpn", Cast: true},
	{Login: "oskar.b", Name: "Oskar B.", Title: "pipeline developer", Set: PipelineDev, Accounts: []string{"sable-prod"}, Site: "london", Cast: true},
	{Login: "priya.n", Name: "Priya N.", Title: "compositing supervisor", Set: RenderWrangler, Accounts: []string{"halo-prod"}, Site: "vancouver", Cast: true},
	{Login: "quinn.r", Name: "Quinn R.", Title: "pipeline developer", Set: PipelineDev, Accounts: []string{"sable-prod"}, Site: "london", Cast: true},
	{Login: "rosa.f", Name: "Rosa F.", Title: "systems engineer", Set: PlatformAdmin, Accounts: []string{"sable-prod", "shared-services"}, Site: "london-vpn", Cast: true},
	{Login: "sven.g", Name: "Sven G.", Title: nightShift, Set: RenderWrangler, Accounts: []string{"sable-prod", "halo-prod"}, Site: "london"},
	{Login: "tara.e", Name: "Tara E.", Title: nightShift, Set: RenderWrangler, Accounts: []string{"halo-prod", "shared-services"}, Site: "vancouver-vpn"},
	{Login: "umar.y", Name: "Umar Y.", Title: "pipeline developer", Set: PipelineDev, Accounts: []string{"halo-prod", "shared-services"}, Site: "london"},
	{Login: "vera.z", Name: "Vera Z.", Title: "data manager", Set: RenderWrangler, Accounts: []string{"sable-prod"}, Site: "london-vpn"},
	{Login: "wim.q", Name: "Wim Q.", Title: "systems engineer", Set: PlatformAdmin, Accounts: []string{"halo-prod", "shared-services"}, Site: "vancouver"},
	{Login: "xenia.u", Name: "Xenia U.", Title: "production systems lead", Set: ShowAdmin, Accounts: []string{"halo-prod"}, Site: "london"},
}

var browsers = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
}

var shells = []string{
	"aws-cli/2.17.44 md/awscrt#0.21.2 ua/2.0 os/linux#5.14.0-427.el9.x86_64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/distrib#rocky.9 md/prompt#off md/command#ec2.describe-instances",
	"Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.131",
	"APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.67.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.5 os/linux lang/go#1.22.6 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.177.3",
}
