package demo

import (
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// quietBeats are what happens on each day of quiet logs: the near misses of the
// story, and what else looks like trouble in a studio and is none.
func quietBeats() []Beat {
	all := []Beat{
		withStudio(nearMiss(11, 50, "on-the-phone", "Noor looks at the console on her telephone, by a mobile network", onThePhone, "1.3")),
		nearMiss(12, 40, "licence-servers", "Every render node asks the licence servers at once", licenceServers, "2.2"),
		nearMiss(19, 5, "expected-launch-failures", "The Spot market has no capacity, and the fleet tries again", noCapacity, "4.2"),
	}
	for _, b := range Story() {
		if b.NearMiss {
			all = append(all, b)
		}
	}
	return all
}

// playQuiet plays days without a violation.
func (s *script) playQuiet(start time.Time, days int) (all []Played) {
	beats, story := quietBeats(), s.world.story()
	if !s.world.sessions {
		beats = without(beats, Sessions)
	}
	for day := range days {
		begin := start.AddDate(0, 0, day)
		for i := range story { // near misses tell time by violations beside them
			s.times[story[i].Kind] = begin.Add(story[i].At)
		}
		today := beats[:0:0]
		for _, b := range beats {
			if day == 0 || b.Kind != "disaster-recovery" { // its window is on the first day
				today = append(today, b)
			}
		}
		all = append(all, s.play(today, day, func(_ int, b *Beat) time.Time { return begin.Add(b.At) })...)
	}
	return all
}

func onThePhone(s *stage) {
	const agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83"
	phone := s.signIn("noor.h", "sable-prod", studio.Carrier, agent, 0)
	for i := range s.trail {
		if s.trail[i].Name == "ConsoleLogin" {
			s.trail[i].Additional = strings.Replace(s.trail[i].Additional, `"MobileVersion":"No"`, `"MobileVersion":"Yes"`, 1)
		}
	}
	s.calls(phone, studio.London, time.Minute, 40*time.Second, "cloudwatch:DescribeAlarms", "ec2:DescribeInstances")
}

func licenceServers(s *stage) {
	p := s.studio.Production("SABLE")
	server := s.studio.VPC("mgmt-eu").Host(studio.LicenceNuke)
	for i := range 20 {
		s.talk(p.VPC, s.node(p, i), time.Duration(i%4+1)*time.Minute, true, server.IP, 42000+i, 4101, tcp, 2_204, 1_870, vpcflow.Flow{})
	}
}

func noCapacity(s *stage) {
	rcs := s.studio.Role("sable-prod", "deadline-fleet")
	server := s.studio.VPC("mgmt-eu").Host(studio.Repository)
	for i := range 4 {
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(i) * 30 * time.Second), Actor: cloudtrail.Assumed(rcs, "deadline", "ASIA"+s.dice.Upper(16), s.at(-time.Hour)),
			From: server.IP, Agent: "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux", Source: "ec2", Name: "RunInstances",
			Region: studio.London, Account: s.studio.Account("sable-prod").ID,
			ErrorCode: "Server.InsufficientInstanceCapacity", ErrorMessage: "There is no Spot capacity available that matches your request.",
			Request: `{"instancesSet":{"items":[{"imageId":"` + s.studio.Production("SABLE").Image + `","minCount":40,"maxCount":40}]},"instanceType":"c7i.24xlarge"}`,
		})
	}
}
