package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// signInBeats are about who comes in, from where, and how.
func signInBeats() []Beat {
	return []Beat{
		nearMiss(2, 10, "root-by-service", "A service of AWS acts where the root user would", rootByService, "1.5", "1.7"),
		violation(3, 5, "root-use", "The root user of halo-prod signs in and looks around", rootUse, "1.5", "1.7"),
		nearMiss(8, 20, "login-with-mfa", "An IAM user signs in to the console with a second factor", loginWithMFA, "1.5"),
		nearMiss(8, 25, "login-by-sso", "A person signs in by Identity Center: the console says MFAUsed No", loginBySSO, "1.5"),
		nearMiss(8, 31, "login-failed", "A sign-in without second factor fails", loginFailed, "1.5"),
		violation(8, 40, "login-without-mfa", "An IAM user signs in to the console without a second factor", loginWithoutMFA, "1.5"),
		headline(withStudio(violation(9, 2, "two-places", "Ada is in London and in Singapore at once", twoPlaces, "1.3"))),
		withStudio(nearMiss(9, 30, "vpn-exit-change", "Noor's VPN leaves by Vancouver for some minutes", vpnExit, "1.3")),
		nearMiss(9, 45, "both-protocols", "Oskar's device calls by IPv4 and IPv6 in turn", bothProtocols, "1.3"),
		withStudio(nearMiss(10, 5, "cloud-desktop", "Priya works in Vancouver and on a cloud desktop in Virginia", cloudDesktop, "1.3")),
		nearMiss(10, 20, "cloudshell", "Quinn opens CloudShell: its calls come from AWS", cloudShell, "1.3"),
		withStudio(nearMiss(10, 40, "from-home", "Rosa signs in at home, then by the VPN", fromHome, "1.3")),
		nearMiss(10, 55, "service-for-person", "CloudFormation calls with Rosa's session", serviceForPerson, "1.3"),
		violation(17, 40, "stolen-credentials", "A render node's credentials are used from the internet", stolenCredentials, "1.3"),
		nearMiss(17, 45, "credentials-by-nat", "An instance calls by endpoint and by NAT gateway", credentialsByNAT, "1.3"),
	}
}

func rootByService(s *stage) {
	a := s.studio.Account("halo-prod")
	who := cloudtrail.Root(a, s.at(0), false).By("backup.amazonaws.com")
	who.AccessKey = ""
	s.log(cloudtrail.Record{
		Time: s.at(0), Actor: who, From: "backup.amazonaws.com", Agent: "backup.amazonaws.com", Source: "backup", Name: "BackupJobCompleted",
		Region: studio.London, Type: cloudtrail.ServiceEvent, Details: `{"backupJobId":"` + s.dice.UUID() + `","state":"COMPLETED"}`,
	})
	s.log(cloudtrail.Record{
		Time: s.at(40 * time.Second), Actor: who.By("trustedadvisor.amazonaws.com"), From: "trustedadvisor.amazonaws.com", Agent: "trustedadvisor.amazonaws.com",
		Source: "iam", Name: "GetAccountSummary", Region: studio.Virginia, ReadOnly: true,
	})
}

func rootUse(s *stage) {
	a := s.studio.Account("halo-prod")
	root := cloudtrail.Root(a, s.at(0), true)
	call := func(after time.Duration, source, name string) cloudtrail.Record {
		return cloudtrail.Record{
			Time: s.at(after), Actor: root, From: "203.0.113.21", Agent: s.studio.Person("jonas.w").Browser, Source: source, Name: name,
			Region: studio.Virginia, ReadOnly: true, Host: source + ".amazonaws.com", Console: true,
		}
	}
	login := call(0, "signin", "ConsoleLogin")
	login.Actor.Session, login.Actor.AccessKey = false, ""
	login.Type, login.ReadOnly, login.Console, login.Host = cloudtrail.ConsoleSignIn, false, false, "signin.aws.amazon.com"
	login.Response, login.Additional = `{"ConsoleLogin":"Success"}`, consoleData("Yes")
	s.log(login)
	s.log(call(31*time.Second, "iam", "GetAccountSummary"))
	s.log(call(55*time.Second, "iam", "ListAccessKeys"))
}

func consoleData(mfa string) string {
	return `{"LoginTo":"https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true","MobileVersion":"No","MFAUsed":"` + mfa + `"}`
}

// userLogin is an IAM user's sign-in to the console.
func (s *stage) userLogin(name, ip, mfa string, ok bool) {
	who := cloudtrail.User(s.studio.Account("halo-prod"), name)
	who.AccessKey = ""
	r := cloudtrail.Record{
		Time: s.at(0), Actor: who, From: ip, Agent: s.studio.Person("chloe.m").Browser, Source: "signin", Name: "ConsoleLogin", Region: studio.Virginia,
		Type: cloudtrail.ConsoleSignIn, Response: `{"ConsoleLogin":"Success"}`, Additional: consoleData(mfa), Host: "signin.aws.amazon.com",
	}
	if !ok {
		r.Response, r.ErrorMessage = `{"ConsoleLogin":"Failure"}`, "Failed authentication"
	}
	s.log(r)
}

func loginWithMFA(s *stage)    { s.userLogin("vendor-dailies", "203.0.113.35", "Yes", true) }
func loginFailed(s *stage)     { s.userLogin("vendor-dailies", "203.0.113.35", "No", false) }
func loginWithoutMFA(s *stage) { s.userLogin("vendor-review", "203.0.113.35", "No", true) }

func loginBySSO(s *stage) {
	quinn := s.studio.Person("quinn.r")
	s.signIn("quinn.r", "sable-prod", quinn.IP, quinn.Browser, 0)
}

// twoPlaces: Ada works by the London VPN until 09:13:50; at 09:09:05 somebody
// signs in as her in Singapore, second factor and all.
func twoPlaces(s *stage) {
	ada := s.studio.Person("ada.k")
	london := s.signIn("ada.k", "sable-prod", ada.IP, ada.Browser, 11*time.Second)
	s.calls(london, studio.London, 40*time.Second, 130*time.Second, "ec2:DescribeInstances", "ec2:DescribeVolumes",
		"cloudformation:DescribeStacks", "ec2:DescribeInstances", "logs:DescribeLogGroups", "ec2:DescribeInstanceStatus")
	s.calls(london, studio.London, 11*time.Minute+50*time.Second, 0, "ec2:DescribeInstances")
	there := s.singapore(s.at(7*time.Minute+5*time.Second), true)
	s.calls(there, studio.London, 8*time.Minute, 70*time.Second, "iam:ListRoles", "ec2:DescribeVpcs", "ec2:DescribeRouteTables",
		"ec2:DescribeSecurityGroups", "s3:ListBuckets", "kms:ListAliases")
}

// singapore is the session that is not Ada's.
func (s *stage) singapore(begin time.Time, signIn bool) *cloudtrail.Session {
	const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
	session := cloudtrail.NewSession(s.studio, s.studio.Person("ada.k"), "sable-prod", begin, diceOf(s.seed, "singapore", begin))
	session.IP, session.Agent = studio.Singapore, browser
	if signIn {
		for _, r := range session.SignIn(s.studio, s.dice) {
			s.log(r)
		}
	}
	return session
}

// intruder is the same session in later beats.
func (s *stage) intruder() *cloudtrail.Session {
	return s.singapore(s.began("two-places").Add(7*time.Minute+5*time.Second), false)
}

func vpnExit(s *stage) {
	noor := s.session("noor.h", "sable-prod")
	s.calls(noor, studio.London, 0, 50*time.Second, "cloudtrail:LookupEvents", "config:DescribeComplianceByConfigRule")
	noor.IP = "203.0.113.53"
	s.calls(noor, studio.London, 3*time.Minute, 50*time.Second, "cloudtrail:LookupEvents", "guardduty:ListFindings")
	noor.IP = noor.Person.IP
	s.calls(noor, studio.London, 6*time.Minute, 50*time.Second, "cloudtrail:LookupEvents", "config:DescribeConfigRules")
}

func bothProtocols(s *stage) {
	oskar := s.session("oskar.b", "sable-prod")
	for i, name := range []string{"ec2:DescribeInstances", "ec2:DescribeTags", "s3:ListBuckets", "ec2:DescribeInstances", "ecr:DescribeImages", "ec2:DescribeVolumes"} {
		oskar.IP = oskar.Person.IP
		if i%2 == 1 {
			oskar.IP = "2001:db8:10:4:5c1e:91ff:fe07:2b1f"
		}
		s.calls(oskar, studio.London, time.Duration(i)*9*time.Second, 0, name)
	}
}

func cloudDesktop(s *stage) {
	priya := s.studio.Person("priya.n")
	office := s.session("priya.n", "halo-prod")
	s.calls(office, studio.Virginia, 0, time.Minute, "ec2:DescribeInstances", "ec2:DescribeSpotFleetRequests", "ec2:DescribeInstances")
	desktop := s.signIn("priya.n", "halo-prod", "203.0.113.101", priya.Browser, 90*time.Second)
	s.calls(desktop, studio.Virginia, 2*time.Minute, time.Minute, "ec2:DescribeInstances", "logs:DescribeLogGroups", "ec2:DescribeVolumes")
}

func cloudShell(s *stage) {
	quinn := s.session("quinn.r", "sable-prod")
	s.change(quinn, 0, studio.London, "cloudshell:CreateSession", `{"EnvironmentId":"`+s.dice.UUID()+`"}`, "")
	quinn.IP, quinn.AccessKey = "192.0.2.151", "ASIA"+s.dice.Upper(16)
	quinn.Agent = "aws-cli/2.17.44 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.109-118.189.amzn2023.x86_64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython exec-env/CloudShell cfg/retry-mode#standard md/installer#exe md/distrib#amzn.2023 md/prompt#off md/command#s3.ls"
	s.calls(quinn, studio.London, 50*time.Second, 12*time.Second, "s3:ListBuckets", "sts:GetCallerIdentity", "ec2:DescribeInstances", "ecr:DescribeImages")
}

func fromHome(s *stage) {
	rosa := s.studio.Person("rosa.f")
	home := s.signIn("rosa.f", "shared-services", studio.HomeOfRosa, rosa.Browser, 0)
	s.calls(home, studio.London, time.Minute, time.Minute, "ec2:DescribeRouteTables", "ec2:DescribeVpnConnections")
	vpn := s.signIn("rosa.f", "shared-services", rosa.IP, rosa.Browser, 8*time.Minute)
	s.calls(vpn, studio.London, 9*time.Minute, time.Minute, "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs")
}

func serviceForPerson(s *stage) {
	rosa := s.session("rosa.f", "shared-services")
	s.calls(rosa, studio.London, 0, 0, "cloudformation:DescribeStacks")
	for i, name := range []string{"ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "ssm:GetParameters"} {
		source, call := split(name)
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(4+i) * time.Second), Actor: rosa.Actor().By(formation), From: formation, Agent: formation,
			Source: source, Name: call, Region: studio.London, ReadOnly: true,
		})
	}
}

func stolenCredentials(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 3)
	who := s.asNode(p, h, s.at(0))
	call := func(after time.Duration, from, agent, name string) cloudtrail.Record {
		source, call := split(name)
		return cloudtrail.Record{
			Time: s.at(after), Actor: who, From: from, Agent: agent, Source: source, Name: call, Region: p.Region, ReadOnly: true,
			Host: source + "." + p.Region + ".amazonaws.com",
		}
	}
	const elsewhere = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.15-amd64 exe/x86_64.kali.2024 prompt/off command/sts.get-caller-identity"
	s.log(call(0, h.IP, "aws-sdk-go/1.54.18 (go1.22.5; linux; amd64) amazon-ssm-agent/3.3.859.0", "ssm:ListInstanceAssociations"))
	for i, name := range []string{"sts:GetCallerIdentity", "s3:ListBuckets", "ec2:DescribeInstances", "kms:ListAliases"} {
		r := call(time.Duration(25+i*14)*time.Second, studio.Thief, elsewhere, name)
		if i > 0 {
			r.ErrorCode = "AccessDenied"
			r.ErrorMessage = "User: " + who.ARN + " is not authorized to perform: " + name + " because no identity-based policy allows the " + name + " action"
		}
		s.log(r)
	}
}

func credentialsByNAT(s *stage) {
	h := s.studio.VPC("mgmt-eu").Host(studio.Repository)
	who := cloudtrail.Node(s.seed, s.studio.Role("shared-services", "deadline-rcs"), h.Instance, s.at(0))
	for i, from := range []string{h.IP, "203.0.113.130", h.IP, "203.0.113.130"} {
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(i*20) * time.Second), Actor: who, From: from, Agent: "aws-sdk-dotnet-coreclr/3.7.305.20 ua/2.0 os/linux .NET_Core/6.0.32",
			Source: "sts", Name: "GetCallerIdentity", Region: studio.London, ReadOnly: true, Host: "sts.eu-west-2.amazonaws.com",
		})
	}
}
