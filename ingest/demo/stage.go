package demo

import (
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// stage is where a beat is played: it keeps what the beat leaves in the logs.
type stage struct {
	studio *studio.Studio
	seed   uint64
	// begin is when the beat begins; began tells it of other beats.
	begin time.Time
	began func(kind string) time.Time
	dice  *dice.Dice
	farm  *studio.Farm
	seats map[string]*cloudtrail.Session
	trail []cloudtrail.Record
	flows []vpcflow.Flow
	// aside are records that go with sessions.
	aside    []cloudtrail.Record
	sessions []*session
}

// rehearse plays a beat where nobody watches, to see what it leaves.
func rehearse(b *Beat) *stage {
	day := time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)
	s := newStage(studio.New(), 0, studio.NewFarm(0, day), b, day.Add(b.At), 0)
	s.began = func(string) time.Time { return s.begin }
	b.play(s)
	return s
}

// newStage is for the performance number run of a beat.
func newStage(st *studio.Studio, seed uint64, farm *studio.Farm, b *Beat, begin time.Time, run int) *stage {
	return &stage{
		studio: st, seed: seed, begin: begin, farm: farm,
		dice: dice.New(seed, "beat", b.Kind, strconv.Itoa(run)), seats: map[string]*cloudtrail.Session{},
	}
}

// at is a time after the beat's begin.
func (s *stage) at(after time.Duration) time.Time { return s.begin.Add(after) }

// log keeps a record, giving it the account of its actor unless it has one.
func (s *stage) log(r cloudtrail.Record) {
	if r.Account == "" {
		r.Account = r.Actor.Account
	}
	r.ID = s.dice.UUID()
	s.trail = append(s.trail, r)
}

// session is a person's session from the usual place, begun some time ago: the
// same one throughout the beat. The caller may change its copy.
func (s *stage) session(login, account string) *cloudtrail.Session {
	name := login + " " + account
	if s.seats[name] == nil {
		s.seats[name] = cloudtrail.NewSession(s.studio, s.studio.Person(login), account, s.at(-37*time.Minute), s.dice)
	}
	seat := *s.seats[name]
	return &seat
}

// signIn begins a new session now and logs the sign-in.
func (s *stage) signIn(login, account, ip, agent string, after time.Duration) *cloudtrail.Session {
	session := cloudtrail.NewSession(s.studio, s.studio.Person(login), account, s.at(after), s.dice)
	session.IP, session.Agent = ip, agent
	for _, r := range session.SignIn(s.studio, s.dice) {
		s.log(r)
	}
	return session
}

// calls logs read-only calls of a session, step apart.
func (s *stage) calls(by *cloudtrail.Session, region string, after, step time.Duration, names ...string) {
	for i, name := range names {
		source, call := split(name)
		in := region
		if cloudtrail.Global(source) {
			in = studio.Virginia
		}
		r := by.Call(s.at(after+time.Duration(i)*step), in, source, call)
		r.ReadOnly = true
		s.log(r)
	}
}

// split parts "ec2:DescribeVpcs".
func split(name string) (source, call string) {
	for i := range len(name) {
		if name[i] == ':' {
			return name[:i], name[i+1:]
		}
	}
	panic("no service in " + name)
}

// change logs a call of a session that changes something.
func (s *stage) change(by *cloudtrail.Session, after time.Duration, region, name, request, response string) {
	source, call := split(name)
	r := by.Call(s.at(after), region, source, call)
	r.Request, r.Response = request, response
	s.log(r)
}

// stack logs a call that CloudFormation makes for a stack in account.
func (s *stage) stack(account, region string, after time.Duration, name, request, response string) {
	source, call := split(name)
	hour := s.at(after).Truncate(time.Hour)
	who := cloudtrail.Assumed(s.studio.Role(account, "cfn-deploy"), "AWSCloudFormation", "ASIA"+s.dice.Upper(16), hour)
	s.log(cloudtrail.Record{
		Time: s.at(after), Actor: who.By(formation), From: formation, Agent: formation, Source: source, Name: call,
		Region: region, Request: request, Response: response,
	})
}

const formation = "cloudformation.amazonaws.com"

// done is the answer of EC2 to a request that worked.
func (s *stage) done() string { return `{"requestId":"` + s.dice.UUID() + `","_return":true}` }

// node is render node number n of p, as it runs when the beat begins.
func (s *stage) node(p *studio.Production, n int) *studio.Host {
	nodes := s.farm.Nodes(p, s.begin)
	return nodes[n%len(nodes)]
}

// asNode is the identity of a render node.
func (s *stage) asNode(p *studio.Production, h *studio.Host, at time.Time) cloudtrail.Actor {
	return cloudtrail.Node(s.seed, p.Render, h.Instance, at)
}

// flow keeps a minute's row that ends some time after the beat's begin. The
// caller gave the conversation; place and time are filled in.
func (s *stage) flow(v *studio.VPC, h *studio.Host, after time.Duration, row vpcflow.Flow) {
	row.VPC, row.Host = v, h
	row.End = s.at(after).Unix()
	row.Start = row.End - 60
	s.flows = append(s.flows, row)
}

func diceOf(seed uint64, label string, at time.Time) *dice.Dice {
	return dice.New(seed, label, at.Format(time.RFC3339))
}
