package inventory_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

func read(t testing.TB, text string) (*inventory.Index, error) {
	t.Helper()
	var s inventory.Studio
	if err := yaml.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return inventory.Compile(&s)
}

func must(t testing.TB, text string) *inventory.Index {
	t.Helper()
	x, err := read(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Each line of a fault begins with its place in the file.
func TestEveryFaultIsNamedWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		`accounts: [{id: "12345"}]`:                                                                      `accounts[0].id: want the account's twelve digits`,
		`accounts: [{id: "111111111111"}, {id: "111111111111"}]`:                                         `accounts[1].id: 111111111111 stands at accounts[0].id already`,
		`accounts: [{id: "111111111111", duty: porduction}]`:                                             `accounts[0].duty: want production, shared`,
		`accounts: [{id: "111111111111", production: SABLE}]`:                                            `accounts[0].production: there is no production "SABLE"`,
		`productions: [{tier: 1}]`:                                                                       `productions[0].name: want a name`,
		`productions: [{name: A, tier: 4}]`:                                                              `productions[0].tier: want 1`,
		`productions: [{name: A, tier: 1}, {name: a, tier: 2}]`:                                          `productions[1].name: a stands at productions[0].name already`,
		`productions: [{name: A, tier: 1, wrap: 2027-02-30}]`:                                            `productions[0].wrap: want a day of the calendar`,
		`{accounts: [{id: "111111111111"}], productions: [{name: A, tier: 1, account: "222222222222"}]}`: `productions[0].account: there is no account 222222222222 under accounts: add it there, or write one of 111111111111`,
		`sites: [{name: a, cidrs: [10.0.0.1/24]}]`:                                                       `sites[0].cidrs[0]: 10.0.0.1/24 has bits beyond its length: want 10.0.0.0/24`,
		`sites: [{name: a, cidrs: [nonsense]}]`:                                                          `sites[0].cidrs[0]: want a network such as 10.16.0.0/16 or an address, not "nonsense"`,
		`sites: [{name: a, cidrs: ["::ffff:10.0.0.0/104"]}]`:                                             `sites[0].cidrs[0]: want the IPv4 network itself`,
		`sites: [{name: a, cidrs: [0.0.0.0/0]}]`:                                                         `sites[0].cidrs[0]: 0.0.0.0/0 is too wide`,
		`sites: [{name: a, cidrs: [10.0.0.0/8]}, {name: b, cidrs: [10.0.0.0/8]}]`:                        `sites[1].cidrs[0]: 10.0.0.0/8 stands at sites[0].cidrs[0] already`,
		`sites: [{name: a}]`:                                                                             `sites[0].cidrs: want the networks of the place`,
		`sites: [{name: a, cidrs: [10.0.0.0/8], latitude: 103, longitude: 1}]`:                           `sites[0].latitude: want degrees north between -90 and 90`,
		`sites: [{name: a, cidrs: [10.0.0.0/8], country: England}]`:                                      `sites[0].country: want the country's two capital letters`,
		`sites: [{name: a, kind: castle, cidrs: [10.0.0.0/8]}]`:                                          `sites[0].kind: want office, vpn, desktop, nat or home, not "castle"`,
		`places: [{name: a, cidrs: [10.0.0.0/8], radius_km: -1}]`:                                        `places[0].radius_km: want kilometres`,
		`networks: [{vpc: x}]`:                                                                           `networks[0].vpc: want the id of a VPC`,
		`networks: [{vpc: vpc-1, kind: secret}]`:                                                         `networks[0].kind: want content, management or logging`,
		`networks: [{vpc: vpc-1, cidrs: [10.0.0.0/16]}, {vpc: vpc-2, name: two, cidrs: [10.0.4.0/24]}]`:  `networks[1].cidrs[0]: 10.0.4.0/24 overlaps 10.0.0.0/16 of vpc-1`,
		`networks: [{vpc: vpc-1, cidrs: [10.0.0.0/16], subnets: [{id: subnet-1, cidr: 10.1.0.0/24}]}]`:   `networks[0].subnets[0].cidr: 10.1.0.0/24 does not lie in 10.0.0.0/16`,
		`networks: [{vpc: vpc-1, cidrs: [10.0.0.0/16], subnets: [{id: subnet-1, cidr: 10.0.0.0/24}, {id: subnet-2, cidr: 10.0.0.0/25}]}]`: `networks[0].subnets[1].cidr: 10.0.0.0/25 overlaps 10.0.0.0/24`,
		`networks: [{vpc: vpc-1, cidrs: [10.0.0.0/16], may_reach: [somewhere]}]`:                                                          `networks[0].may_reach[0]: want a network such as`,
		`bastions: [here]`:             `bastions[0]: want a network`,
		`licence_servers: [{name: a}]`: `licence_servers[0].addresses: want the addresses`,
		`repositories: [{name: a, addresses: [10.0.0.1], ports: [70000]}]`:                   `repositories[0].ports[0]: want a port`,
		`keys: [{arn: "arn:aws:iam::111111111111:role/x"}]`:                                  `keys[0].arn: want the ARN of a KMS key`,
		`keys: [{alias: sable}]`:                                                             `keys[0].alias: want the alias as AWS names it, alias/sable`,
		`keys: [{arn: "arn:aws:kms:eu-west-2:111111111111:key/1", account: "222222222222"}]`: `keys[0].account: the key's ARN says account 111111111111`,
		`keys: [{arn: "arn:aws:kms:eu-west-2:111111111111:key/1", purpose: fun}]`:            `keys[0].purpose: want content asset`,
		`roles: [{name: a}]`: `roles[0].arn: want the role's ARN, or its name together with its account`,
		`roles: [{arn: "arn:aws:iam::111111111111:role/x/a", name: b}]`: `roles[0].name: the role's ARN says a, not b`,
		`people: [{login: a, aliases: [b]}, {login: B}]`:                `people[1].login: B stands at people[0].aliases[0] already`,
		`images: [{name: x}]`:             `images[0]: want the id of an AMI`,
		`images: [{digest: "sha256:12"}]`: `images[0].digest: want sha256: and 64`,
		`windows: [{kind: maintenance, from: 2026-11-05T11:30:00Z, to: 2026-11-05T10:30:00Z}]`: `windows[0].to: the window ends before it begins`,
		`windows: [{kind: maintenance, from: tomorrow, to: 2026-11-05T10:30:00Z}]`:             `windows[0].from: want a time with its zone`,
		`exceptions: [{rule: r, subject: s, reason: why, expires: 2027-01-01}]`:                `exceptions[0].owner: is missing`,
		`escalation: [{name: a, level: urgent}]`:                                               `escalation[0].level: want informational`,
		`tags: {persistent_cache: cache}`:                                                      `tags.persistent_cache: want name=value`,
	} {
		_, err := read(t, text)
		var faults inventory.Faults
		if !errors.As(err, &faults) || !slices.ContainsFunc(faults, func(f inventory.Fault) bool { return strings.HasPrefix(f.Error(), want) }) {
			t.Errorf("%s\n\tis answered %v\n\twant %s", text, err, want)
		}
	}
}

const studio = `
domain: studio.example
accounts: [{id: "111111111111", name: sable-prod, production: SABLE}, {id: "222222222222", name: shared}]
productions:
  - {name: SABLE, tier: 1, wrap: 2026-11-30, account: "111111111111", buckets: [sable-assets]}
  - {name: HALO, tier: 2}
sites:
  - {name: london, kind: office, cidrs: [203.0.113.0/24, 10.0.0.0/8], latitude: 51.5, longitude: -0.1}
  - {name: vpn, kind: vpn, cidrs: [203.0.113.16/28]}
places: [{name: hotel, cidrs: [198.51.100.0/24], country: SG, latitude: 1.35, longitude: 103.8}]
networks:
  - {vpc: vpc-s, name: sable, kind: content, account: "111111111111", region: eu-west-2, production: SABLE, cidrs: [10.16.0.0/16],
     subnets: [{id: subnet-r, name: render, cidr: 10.16.0.0/20}, {id: subnet-p, name: public, kind: management, cidr: 10.16.255.0/24, may_reach: [0.0.0.0/0]}],
     may_reach: [mgmt, repositories, "aws:S3", vpn]}
  - {vpc: vpc-m, name: mgmt, kind: management, account: "222222222222", region: eu-west-2, cidrs: [10.8.0.0/24]}
  - {vpc: vpc-t, name: twin, kind: content, account: "222222222222", region: us-east-1, production: HALO, repeated: true, cidrs: [10.16.0.0/16],
     subnets: [{id: subnet-t, name: render, cidr: 10.16.0.0/20}]}
bastions: [10.8.0.20]
licence_servers: [{name: rlm, addresses: [10.9.0.1], ports: [5053]}, {name: halo-only, addresses: [10.9.0.2], production: HALO}]
repositories: [{name: rcs, addresses: [10.9.0.3], interfaces: [eni-1]}]
keys:
  - {arn: "arn:aws:kms:eu-west-2:111111111111:key/k-1", alias: alias/content, purpose: content asset, production: SABLE}
  - {arn: "arn:aws:kms:us-east-1:111111111111:key/mrk-2", alias: alias/content, purpose: backup}
  - {alias: alias/logs, account: "222222222222", purpose: logging}
roles:
  - {arn: "arn:aws:iam::111111111111:role/path/render", duty: render, production: SABLE, may_assume: [ec2.amazonaws.com, ada.k@studio.example]}
people: [{login: ada.k@studio.example, aliases: [adak, "Ada K"]}]
artists: [lena@studio.example]
windows: [{name: restore, kind: disaster_recovery, from: 2026-11-05T11:00:00Z, to: 2026-11-05T12:00:00Z, productions: [SABLE]}]
exceptions: [{rule: r, subject: svc, reason: why, owner: dev, expires: 2026-11-05}]
escalation: [{name: all, reach: x}, {name: worst, reach: y, level: high}, {name: halo, reach: z, production: HALO}]
`

func TestAnAddressBelongsToTheMostSpecialOfWhatNamesIt(t *testing.T) {
	x := must(t, studio)
	for address, want := range map[string]string{
		"203.0.113.1":        "london office 0",
		"203.0.113.17":       "vpn vpn 0",
		"::ffff:203.0.113.1": "london office 0",
		"10.200.0.1":         "london office 0",
		"198.51.100.3":       "hotel  0",
		"10.16.0.9":          "sable/render content 1",
		"10.16.255.9":        "sable/public management 1",
		"10.16.128.1":        "sable content 1",
		"10.8.0.20":          "bastion 10.8.0.20 management 0",
		"10.9.0.2":           "halo-only office 2",
		"192.0.2.1":          "",
	} {
		p := x.Address(netip.MustParseAddr(address))
		got := ""
		if p != nil {
			got = p.Name() + " " + p.Zone + " " + string(rune('0'+p.Tier))
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	if p := x.Address(netip.MustParseAddr("198.51.100.3")); p.Own() {
		t.Error("a hotel is the studio's")
	}
	if lat, lon, ok := x.Address(netip.MustParseAddr("203.0.113.1")).Coordinates(); !ok || lat != 51.5 || lon != -0.1 {
		t.Errorf("London is at %v, %v", lat, lon)
	}
	if p := x.Interface("eni-1"); p == nil || p.Name() != "rcs" || p.Duty != inventory.DutyRepository {
		t.Errorf("the interface is %+v", p)
	}
}

func TestARepeatedNetworkIsKnownByItsOwnRecordsAlone(t *testing.T) {
	x, a := must(t, studio), netip.MustParseAddr("10.16.0.9")
	if p := x.AddressIn(a, "222222222222", "us-east-1", ""); p == nil || p.Network.Name != "twin" || p.Tier != 2 || p.Subnet.ID != "subnet-t" {
		t.Errorf("by account and region: %+v", p)
	}
	if p := x.AddressIn(a, "", "", "vpc-t"); p == nil || p.Network.Name != "twin" {
		t.Errorf("by VPC: %+v", p)
	}
	for _, account := range []string{"", "111111111111"} {
		if p := x.AddressIn(a, account, "us-east-1", ""); p == nil || p.Network.Name != "sable" {
			t.Errorf("of account %q: %+v", account, p)
		}
	}
	if p := x.Subnet("subnet-t"); p == nil || p.Production.Name != "HALO" || p.Zone != "content" {
		t.Errorf("subnet: %+v", p)
	}
}

func TestANetworkReachesWhatIsListedAndNothingElse(t *testing.T) {
	x := must(t, studio)
	from := x.Address(netip.MustParseAddr("10.16.0.9"))
	for to, want := range map[string]bool{
		"10.16.128.1": true, "10.8.0.99": true, "203.0.113.17": true, "10.9.0.3": true,
		"203.0.113.1": false, "10.9.0.2": false, "192.0.2.1": false, "10.48.0.1": false, "2001:db8::1": false,
	} {
		if got := x.MayReach(from, netip.MustParseAddr(to), 443); got != want {
			t.Errorf("to %s: %v", to, got)
		}
	}
	licence := netip.MustParseAddr("10.9.0.1")
	if !x.MayReach(from, licence, 5053) || x.MayReach(from, licence, 22) || !x.MayReach(from, licence, 0) {
		t.Error("a licence server is reached on its own ports")
	}
	if !x.MayReachService(from, "S3") || x.MayReachService(from, "AMAZON") {
		t.Error("of services S3 is listed")
	}
	if public := x.Subnet("subnet-p"); !x.MayReach(public, netip.MustParseAddr("192.0.2.1"), 443) {
		t.Error("the public subnet may reach more than its network")
	}
}

func TestKeysRolesAndPeopleAreFoundByAllTheirNames(t *testing.T) {
	x := must(t, studio)
	for name, want := range map[[2]string]string{
		{"arn:aws:kms:eu-west-2:111111111111:key/k-1"}: "content asset", {"k-1", "111111111111"}: "content asset", {"k-1"}: "content asset",
		{"arn:aws:kms:eu-west-2:111111111111:alias/content"}: "content asset", {"arn:aws:kms:ap-south-1:111111111111:key/mrk-2"}: "backup",
		{"alias/logs", "222222222222"}: "logging", {"alias/logs"}: "logging",
		{"alias/content", "111111111111"}: "", // two regions have it
		{"k-1", "222222222222"}:           "", {"arn:aws:kms:eu-west-2:222222222222:key/k-1"}: "", {"alias/none"}: "", {""}: "",
	} {
		got := ""
		if k := x.Key(name[0], name[1]); k != nil {
			got = k.Purpose
		}
		if got != want {
			t.Errorf("key %v is %q, want %q", name, got, want)
		}
	}
	for name, account := range map[string]string{
		"arn:aws:iam::111111111111:role/path/render": "", "arn:aws:iam::111111111111:role/render": "", "render": "111111111111",
		"arn:aws:sts::111111111111:assumed-role/render/i-0abc": "",
	} {
		if r := x.Role(name, account); r == nil || r.Duty != "render" {
			t.Errorf("role %s is %+v", name, r)
		}
	}
	if r := x.Role("arn:aws:sts::222222222222:assumed-role/render/i-0abc", ""); r != nil {
		t.Errorf("another account's role is ours: %+v", r)
	}
	for _, name := range []string{"ada.k@studio.example", "ADA.K@Studio.Example", "ada.k", "adak", "ada k"} {
		if p := x.Person(name); p == nil || p.Login != "ada.k@studio.example" {
			t.Errorf("%s is %+v", name, p)
		}
	}
	if p := x.Person("lena"); p == nil || !p.Artist {
		t.Errorf("lena is %+v", p)
	}
	role := x.Role("render", "111111111111")
	for who, want := range map[string]bool{"adak": true, "ec2.amazonaws.com": true, "lena": false, "": false} {
		if ok, known := x.MayAssume(role, who); ok != want || !known {
			t.Errorf("%q may assume it: %v, known %v", who, ok, known)
		}
	}
}

func TestWhatIsPlannedHasItsTime(t *testing.T) {
	x := must(t, studio)
	at := func(text string) int64 {
		m, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return m.UnixNano()
	}
	if x.Window("disaster_recovery", at("2026-11-05T11:00:00Z"), "", "sable") == nil || x.Window("disaster_recovery", at("2026-11-05T11:30:00Z"), "", "HALO") != nil ||
		len(x.Windows(at("2026-11-05T12:00:00Z"))) != 0 {
		t.Error("the window is SABLE's, from 11:00 until before 12:00")
	}
	if x.Exception("r", "SVC", at("2026-11-05T23:59:59Z")) == nil || x.Exception("r", "svc", at("2026-11-06T00:00:00Z")) != nil || x.Exception("q", "svc", at("2026-11-05T00:00:00Z")) != nil {
		t.Error("the exception holds on its last day")
	}
	if p := x.Production("sable"); p.Wrapped(at("2026-11-30T23:00:00Z")) || !p.Wrapped(at("2026-12-01T00:00:00Z")) {
		t.Error("the day of the wrap is the production's own")
	}
	if x.AccountProduction("111111111111") != x.Production("SABLE") || x.AccountProduction("222222222222") != nil || x.Bucket("sable-assets") != x.Production("SABLE") {
		t.Error("what belongs to SABLE")
	}
	if n := len(x.Contacts("SABLE", "medium")); n != 1 {
		t.Errorf("%d are called for medium", n)
	}
	if n := len(x.Contacts("HALO", "critical")); n != 3 {
		t.Errorf("%d are called for the worst", n)
	}
}

// A studio of which nothing is known may be asked everything.
func TestNothingIsKnownOfNoStudio(t *testing.T) {
	var x *inventory.Index
	a := netip.MustParseAddr("10.0.0.1")
	if x.Address(a) != nil || x.AddressIn(a, "", "", "") != nil || x.Key("k", "") != nil || x.Role("r", "") != nil || x.Person("p") != nil ||
		x.Account("1") != nil || x.Production("p") != nil || x.Bucket("b") != nil || x.Image("ami-1") != nil || x.Network("v") != nil || x.VPC("v") != nil ||
		x.Subnet("s") != nil || x.Interface("e") != nil || x.MayReach(nil, a, 0) || x.MayReachService(nil, "S3") || x.Windows(0) != nil ||
		x.Exception("r", "s", 0) != nil || x.Contacts("", "high") != nil || x.Studio() != nil || x.Repeats() || x.AnyWindow(0) || x.AccountProduction("") != nil {
		t.Error("something is known")
	}
	if (*inventory.Place)(nil).Name() != "" || (*inventory.Place)(nil).Own() || (*inventory.Place)(nil).Content() {
		t.Error("no place is one")
	}
	if _, err := inventory.Compile(nil); err != nil {
		t.Error(err)
	}
}

// The longest prefix wins, whatever the order of the file.
func TestLookupIsByLongestPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s inventory.Studio
		var all []netip.Prefix
		for i := range rapid.IntRange(1, 12).Draw(t, "sites") {
			b := [4]byte{10, byte(rapid.IntRange(0, 3).Draw(t, "b")), byte(rapid.IntRange(0, 3).Draw(t, "c")), byte(rapid.IntRange(0, 255).Draw(t, "d"))}
			p := netip.PrefixFrom(netip.AddrFrom4(b), rapid.IntRange(8, 32).Draw(t, "bits")).Masked()
			if !slices.Contains(all, p) {
				all = append(all, p)
				s.Sites = append(s.Sites, inventory.Site{Name: string(rune('a' + i)), CIDRs: []string{p.String()}})
			}
		}
		x, err := inventory.Compile(&s)
		if err != nil {
			t.Fatal(err)
		}
		a := netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(0, 4).Draw(t, "b")), byte(rapid.IntRange(0, 4).Draw(t, "c")), byte(rapid.IntRange(0, 255).Draw(t, "d"))})
		var want netip.Prefix
		for _, p := range all {
			if p.Contains(a) && (!want.IsValid() || p.Bits() > want.Bits()) {
				want = p
			}
		}
		got := x.Address(a)
		if got == nil && want.IsValid() || got != nil && got.Prefix != want {
			t.Fatalf("%s is in %v, want %s", a, got, want)
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	x, a := must(b, studio), netip.MustParseAddr("10.16.0.9")
	b.ReportAllocs()
	for b.Loop() {
		x.Address(a)
	}
}
