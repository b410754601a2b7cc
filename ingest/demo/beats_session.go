package demo

import (
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// sessionBeats are about sessions on machines and what is recorded of them.
func sessionBeats() []Beat {
	return []Beat{
		nearMiss(15, 32, "session-on-node", "A session on a render node reads its log and asks for its name; the transcript comes", sessionOnNode, "4.1"),
		violation(17, 36, "credentials-in-session", "In a session a render node is asked for its role's credentials", credentialsInSession, "4.1", "5.3"),
		violation(18, 20, "session-without-transcript", "Jonas opens a session on a node of HALO, and no transcript comes", sessionWithoutTranscript, "4.1", "8.1"),
	}
}

// openSession logs a session of a person on a machine, and its end. What was
// shown in it is kept apart, as Session Manager does; without any, no transcript
// comes.
func (s *stage) openSession(by *cloudtrail.Session, h *studio.Host, region string, lasts time.Duration, shown ...string) {
	id := by.Person.Login + "-" + strings.ToLower(s.dice.Upper(26))
	open := by.Call(s.at(0), region, "ssm", "StartSession")
	open.Console, open.Agent, open.ID = false, by.Person.Shell, s.dice.UUID()
	open.Account = by.Account.ID
	open.Request = `{"target":"` + h.Instance + `"}`
	open.Response = `{"sessionId":"` + id + `","tokenValue":"Value hidden due to security reasons.","streamUrl":"wss://ssmmessages.` + region + `.amazonaws.com/v1/data-channel/` + id + `?role=publish_subscribe"}`
	end := by.Call(s.at(lasts), region, "ssm", "TerminateSession")
	end.Console, end.Agent, end.ID, end.Account = false, by.Person.Shell, s.dice.UUID(), by.Account.ID
	end.Request, end.Response = `{"sessionId":"`+id+`"}`, `{"sessionId":"`+id+`"}`
	s.aside = append(s.aside, open, end)
	if len(shown) > 0 {
		s.sessions = append(s.sessions, &session{id: id, account: by.Account.ID, region: region, begin: s.at(0), end: s.at(lasts), host: h.Instance, shown: shown})
	}
}

func sessionOnNode(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 5)
	s.openSession(s.session("ada.k", "sable-prod"), h, p.Region, 6*time.Minute,
		"$ curl -s http://169.254.169.254/latest/meta-data/instance-id", h.Instance,
		"$ tail -2 /var/log/Thinkbox/Deadline10/deadlineworker.log", "Scheduler - Performing job scan on Primary Pools", "Worker - idle for 41 s",
		"$ systemctl status amazon-cloudwatch-agent --no-pager | head -3", "   Active: active (running)")
}

// credentialsInSession is how the credentials came out that somebody uses from
// elsewhere in stolen-credentials: what the node answers is a secret in the
// transcript, which must not get any further.
func credentialsInSession(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 3)
	who := s.asNode(p, h, s.at(0))
	s.openSession(s.session("quinn.r", "sable-prod"), h, p.Region, 3*time.Minute,
		"$ curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/"+p.Render.Name,
		`{`, `  "Code" : "Success",`, `  "AccessKeyId" : "`+who.AccessKey+`",`, `  "SecretAccessKey" : "`+s.dice.Base64(40)+`",`,
		`  "Token" : "`+s.dice.Base64(120)+`",`, `}`)
}

func sessionWithoutTranscript(s *stage) {
	p := s.studio.Production("HALO")
	s.openSession(s.session("jonas.w", "halo-prod"), s.node(p, 2), p.Region, 2*time.Minute)
}
