package cloudtrail

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// scene is where and when a record of the daily work happens.
type scene struct {
	dice    *dice.Dice
	studio  *studio.Studio
	seed    uint64
	farm    *studio.Farm
	account *studio.Account
	region  string
	at      time.Time
	// shows are the productions of this account and region.
	shows []*studio.Production
	// people are those signed in to the account.
	people []*Session
}

// kind is one sort of record of the daily work.
type kind struct {
	weight int
	make   func(*scene) Record
}

type kinds []kind

func (k kinds) total() (sum int) {
	for _, one := range k {
		sum += one.weight
	}
	return sum
}

func (k kinds) draw(s *scene, total int) Record {
	n := s.dice.IntN(total)
	for _, one := range k {
		if n -= one.weight; n < 0 {
			return one.make(s)
		}
	}
	panic("weights do not add up")
}

// call is a record of an API call over TLS.
func (s *scene) call(by Actor, from, agent, source, name string) Record {
	return Record{
		Time: s.at, Actor: by, From: from, Agent: agent, Source: source, Name: name,
		Region: s.region, Account: s.account.ID, Host: Host(source, s.region),
	}
}

// internal is a record of a call that an AWS service made.
func (s *scene) internal(by Actor, service, source, name string) Record {
	return Record{
		Time: s.at, Actor: by, From: service, Agent: service, Source: source, Name: name,
		Region: s.region, Account: s.account.ID,
	}
}

func (s *scene) show() *studio.Production { return dice.Pick(s.dice, s.shows) }

// node is a running render node of p and its identity.
func (s *scene) node(p *studio.Production) (*studio.Host, Actor) {
	h := dice.Pick(s.dice, s.farm.Nodes(p, s.at))
	return h, Node(s.seed, p.Render, h.Instance, s.at)
}

// files is a file server of p and its identity.
func (s *scene) files(p *studio.Production) (*studio.Host, Actor) {
	h := dice.Pick(s.dice, p.VPC.Hosts[:3])
	return h, Node(s.seed, p.Sync, h.Instance, s.at)
}

// since is when a service's session began. Services keep theirs for a while.
func (s *scene) since() time.Time { return s.at.Truncate(12 * time.Minute).Add(7 * time.Second) }

const (
	python   = "[Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.14.0-427.13.1.el9_4.x86_64 md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython cfg/retry-mode#adaptive Botocore/1.34.131]"
	cpp      = "[aws-sdk-cpp/1.11.388 ua/2.1 api/S3 os/Linux#5.14.0-427.13.1.el9_4.x86_64 md/arch#x86_64 lang/c++#C++17 md/GCC#11.4.1 s3-crt/0.6.4 ft/s3-transfer]"
	vault    = "aws-encryption-sdk-python/3.3.0 Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.14.0-427.13.1.el9_4.x86_64 lang/python#3.11.7 cfg/retry-mode#legacy"
	agent    = "aws-sdk-go/1.54.18 (go1.22.5; linux; amd64) amazon-ssm-agent/3.3.859.0"
	deadline = "deadline-cloud-spot-plugin/10.3.2.1 aws-sdk-dotnet-coreclr/3.7.305.20 ua/2.0 os/linux .NET_Core/6.0.32 md/ARCH#X64 exec-env/EC2 ClientAsync"
	internal = "AWS Internal"
)
