package vpcflow

import (
	"fmt"
	"strconv"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// talk is one sort of conversation that a host has.
type talk struct {
	weight   int
	protocol int
	// port is the server's; with serves, the host is the server.
	port   int
	serves bool
	// peers says whom with.
	peers func(*scene) string
	// up and down are the bytes of a minute, client to server and back.
	up, down [2]int
	// lasting conversations keep their client port for the day; low ones have
	// a privileged one, as NFS does.
	lasting, low bool
	service      string
	path         int
}

const (
	tcp  = 6
	udp  = 17
	icmp = 1
)

// scene is an interface in one minute.
type scene struct {
	dice  *dice.Dice
	vpc   *studio.VPC
	host  *studio.Host
	nodes []*studio.Host
	// day makes lasting ports change overnight.
	day int
	// rows are the minute's, before they are written.
	rows []Flow
}

// hub is the management network that serves the VPC's region.
func (s *scene) hub(last int) string {
	if s.vpc.Region == studio.Virginia {
		return "10.9.1." + strconv.Itoa(last)
	}
	return "10.8.1." + strconv.Itoa(last)
}

func files(s *scene) string     { return s.vpc.Hosts[s.dice.IntN(3)].IP }
func directory(s *scene) string { return s.hub(10 + s.dice.IntN(2)) }
func rcs(s *scene) string       { return s.hub(12) }
func foundry(s *scene) string   { return s.hub(14) }
func sesi(s *scene) string      { return s.hub(15) }
func rlm(s *scene) string       { return s.hub(16) }
func endpoint(s *scene) string {
	return "10." + strconv.Itoa(s.vpc.Net) + ".65." + strconv.Itoa(10+s.dice.IntN(4))
}
func london(s *scene) string   { return "10.100.20." + strconv.Itoa(10+s.dice.IntN(4)) }
func prober(s *scene) string   { return "10.100.5." + strconv.Itoa(9+s.dice.IntN(2)) }
func desktop(s *scene) string  { return "10.100.40." + strconv.Itoa(10+s.dice.IntN(180)) }
func listener(s *scene) string { return "10.100.66." + strconv.Itoa(2+s.dice.IntN(250)) }

func storage(s *scene) string {
	base := studio.StorageRange(s.vpc.Region).Addr().As4()
	return "192.0.2." + strconv.Itoa(int(base[3])+1+s.dice.IntN(62))
}

func node(s *scene) string {
	if len(s.nodes) == 0 {
		return desktop(s)
	}
	return dice.Pick(s.dice, s.nodes).IP
}

func anyNode(s *scene) string {
	nets := []int{16, 48}
	if s.vpc.Region == studio.Virginia {
		nets = []int{32}
	}
	return "10." + strconv.Itoa(dice.Pick(s.dice, nets)) + "." + strconv.Itoa(16*s.dice.IntN(2)) + "." + strconv.Itoa(18+s.dice.IntN(220))
}

func timeServer(s *scene) string { return "10.100.1." + strconv.Itoa(5+s.dice.IntN(2)) }
func database(s *scene) string   { return s.hub(13) }

func mirror(*scene) string { return studio.LinuxMirror }

func outside(s *scene) string {
	switch s.dice.IntN(4) {
	case 0:
		return fmt.Sprintf("2001:db8:%x:%x::%x", s.dice.Between(0x1000, 0xffff), s.dice.Between(1, 0xffff), s.dice.Between(1, 0xffff))
	case 1:
		return "198.51.100." + strconv.Itoa(s.dice.Between(100, 126))
	}
	return "192.0.2." + strconv.Itoa(s.dice.Between(160, 254))
}

// talks is what the host does; nothing, if it is an endpoint.
func (s *scene) talks() []talk {
	switch s.host.Name {
	case studio.Directory, "directory-2":
		return ofDirectory
	case studio.Repository:
		return ofRepository
	case "deadline-db":
		return ofDatabase
	case studio.LicenceNuke:
		return ofFoundry
	case studio.LicenceSide:
		return ofSesi
	case studio.LicenceRLM:
		return ofRLM
	case studio.Bastion:
		return ofBastion
	case studio.Gateway:
		return ofGateway
	}
	switch s.host.Subnet.Name {
	case "storage":
		return ofFiles
	case "collector":
		return ofCollector
	case "endpoints":
		return nil
	}
	return ofNode
}

// What each kind of host does. Content hosts reach nothing but what the studio
// file allows.
var (
	ofNode = []talk{
		{weight: 26, protocol: tcp, port: 2049, peers: files, up: [2]int{4_000, 900_000_000}, down: [2]int{80_000, 2_000_000_000}, lasting: true, low: true},
		{weight: 5, protocol: tcp, port: 445, peers: files, up: [2]int{900, 2_000_000}, down: [2]int{900, 90_000_000}, lasting: true},
		{weight: 5, protocol: tcp, port: 4101, peers: foundry, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}},
		{weight: 4, protocol: tcp, port: 1715, peers: sesi, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}},
		{weight: 4, protocol: tcp, port: 5053, peers: rlm, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}},
		{weight: 7, protocol: tcp, port: 4433, peers: rcs, up: [2]int{1_200, 90_000}, down: [2]int{1_500, 300_000}, lasting: true},
		{weight: 22, protocol: tcp, port: 443, peers: storage, up: [2]int{900, 60_000_000}, down: [2]int{4_000, 40_000_000}, service: "S3", path: 7},
		{weight: 10, protocol: tcp, port: 443, peers: endpoint, up: [2]int{900, 30_000}, down: [2]int{4_000, 40_000}},
		{weight: 9, protocol: udp, port: 53, peers: directory, up: [2]int{64, 900}, down: [2]int{90, 3_000}},
		{weight: 3, protocol: udp, port: 123, peers: directory, up: [2]int{76, 152}, down: [2]int{76, 152}},
		{weight: 3, protocol: tcp, port: 2049, peers: london, up: [2]int{2_000, 9_000_000}, down: [2]int{9_000, 90_000_000}, lasting: true, low: true},
		{weight: 4, protocol: tcp, port: 9100, serves: true, peers: prober, up: [2]int{600, 2_000}, down: [2]int{40_000, 90_000}},
		{weight: 1, protocol: icmp, serves: true, peers: prober, up: [2]int{84, 336}, down: [2]int{84, 336}},
	}
	ofFiles = []talk{
		{weight: 30, protocol: tcp, port: 2049, serves: true, peers: node, up: [2]int{4_000, 900_000_000}, down: [2]int{80_000, 2_000_000_000}, lasting: true, low: true},
		{weight: 6, protocol: tcp, port: 445, serves: true, peers: node, up: [2]int{900, 2_000_000}, down: [2]int{900, 90_000_000}},
		{weight: 12, protocol: tcp, port: 443, peers: storage, up: [2]int{90_000, 900_000_000}, down: [2]int{90_000, 900_000_000}, service: "S3", path: 7},
		{weight: 5, protocol: tcp, port: 2049, peers: london, up: [2]int{9_000, 90_000_000}, down: [2]int{90_000, 900_000_000}, lasting: true, low: true},
		{weight: 3, protocol: tcp, port: 443, peers: endpoint, up: [2]int{900, 30_000}, down: [2]int{4_000, 40_000}},
		{weight: 2, protocol: udp, port: 53, peers: directory, up: [2]int{64, 900}, down: [2]int{90, 3_000}},
	}
	ofDirectory = []talk{
		{weight: 12, protocol: udp, port: 53, serves: true, peers: anyNode, up: [2]int{64, 900}, down: [2]int{90, 3_000}},
		{weight: 3, protocol: udp, port: 123, serves: true, peers: anyNode, up: [2]int{76, 152}, down: [2]int{76, 152}},
		{weight: 3, protocol: tcp, port: 88, serves: true, peers: desktop, up: [2]int{1_200, 4_000}, down: [2]int{1_500, 4_000}},
		{weight: 3, protocol: tcp, port: 389, serves: true, peers: desktop, up: [2]int{600, 9_000}, down: [2]int{1_500, 90_000}},
		{weight: 2, protocol: udp, port: 123, peers: timeServer, up: [2]int{76, 152}, down: [2]int{76, 152}},
	}
	ofRepository = []talk{
		{weight: 9, protocol: tcp, port: 4433, serves: true, peers: anyNode, up: [2]int{1_200, 90_000}, down: [2]int{1_500, 300_000}, lasting: true},
		{weight: 3, protocol: tcp, port: 4433, serves: true, peers: desktop, up: [2]int{1_200, 90_000}, down: [2]int{1_500, 900_000}, lasting: true},
		{weight: 3, protocol: tcp, port: 27100, peers: database, up: [2]int{4_000, 900_000}, down: [2]int{9_000, 9_000_000}, lasting: true},
	}
	ofDatabase = []talk{
		{weight: 1, protocol: tcp, port: 27100, serves: true, peers: rcs, up: [2]int{4_000, 900_000}, down: [2]int{9_000, 9_000_000}, lasting: true},
	}
	ofFoundry = []talk{{weight: 1, protocol: tcp, port: 4101, serves: true, peers: anyNode, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}}}
	ofSesi    = []talk{{weight: 1, protocol: tcp, port: 1715, serves: true, peers: anyNode, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}}}
	ofRLM     = []talk{{weight: 1, protocol: tcp, port: 5053, serves: true, peers: anyNode, up: [2]int{300, 4_000}, down: [2]int{300, 6_000}}}
	ofGateway = []talk{
		{weight: 1, protocol: tcp, port: 443, peers: mirror, up: [2]int{900, 40_000}, down: [2]int{40_000, 90_000_000}, path: 8},
	}
	ofBastion = []talk{
		{weight: 4, protocol: tcp, port: 443, peers: mirror, up: [2]int{900, 4_000}, down: [2]int{4_000, 9_000_000}, path: 8},
		{weight: 3, protocol: tcp, port: 22, serves: true, peers: desktop, up: [2]int{900, 40_000}, down: [2]int{900, 90_000}},
	}
	ofCollector = []talk{
		{weight: 6, protocol: tcp, port: 443, peers: storage, up: [2]int{900, 40_000}, down: [2]int{40_000, 9_000_000}, service: "S3", path: 7},
		{weight: 1, protocol: tcp, port: 9243, peers: london, up: [2]int{90_000, 9_000_000}, down: [2]int{900, 90_000}, lasting: true},
	}
)
