package cloudtrail

import (
	"fmt"
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Session is one person's session in one account, by IAM Identity Center.
type Session struct {
	Person  *studio.Person
	Account *studio.Account
	Role    *studio.Role
	// AccessKey is that of the session's temporary credentials.
	AccessKey  string
	Start, End time.Time
	IP, Agent  string
}

// NewSession is a session of p in account from at, four hours long, from the
// person's usual place.
func NewSession(st *studio.Studio, p *studio.Person, account string, at time.Time, d *dice.Dice) *Session {
	return &Session{
		Person: p, Account: st.Account(account), Role: st.Reserved(account, p.Set), AccessKey: "ASIA" + d.Upper(16),
		Start: at, End: at.Add(4 * time.Hour), IP: p.IP, Agent: p.Browser,
	}
}

// Actor is the session as userIdentity. Identity Center checks the second
// factor itself, so AWS says mfaAuthenticated false.
func (s *Session) Actor() Actor { return Assumed(s.Role, s.Person.Login, s.AccessKey, s.Start) }

// Call is a call made with the session at a time.
func (s *Session) Call(at time.Time, region, source, name string) Record {
	return Record{
		Time: at, Actor: s.Actor(), From: s.IP, Agent: s.Agent, Source: source, Name: name, Region: region,
		Host: Host(source, region), Console: true,
	}
}

// Host is where a service is called.
func Host(source, region string) string {
	if Global(source) {
		return source + ".amazonaws.com"
	}
	return source + "." + region + ".amazonaws.com"
}

// Global tells services whose calls are logged in [studio.Virginia] alone.
func Global(source string) bool {
	return source == "iam" || source == "organizations" || source == "health" || source == "signin"
}

// SignIn is what the begin of the session leaves behind: the directory checks
// the person (logged where Identity Center lives), gives a role, STS issues its
// credentials and the console opens. As ever with Identity Center the console
// says MFAUsed No, because the factor was asked before.
func (s *Session) SignIn(st *studio.Studio, d *dice.Dice) []Record {
	home, flow := st.Account("shared-services"), d.UUID()
	directory := func(after time.Duration, source, name, additional, details string) Record {
		return Record{
			Time: s.Start.Add(after - 20*time.Second), From: s.IP, Agent: s.Agent, Source: source, Name: name,
			Region: studio.London, Account: home.ID, Type: ServiceEvent, Additional: additional, Details: details,
			Actor: Actor{Type: "IdentityCenterUser", Account: home.ID,
				Tail: `,"onBehalfOf":{"userId":"` + s.Person.UserID + `","identityStoreArn":"arn:aws:identitystore::` + home.ID + `:identitystore/d-` + store + `"},"credentialId":"` + flow + `"`},
		}
	}
	factors := `{"AuthWorkflowID":"` + flow + `","CredentialType":"%s","UserName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`
	return []Record{
		directory(0, "signin", "CredentialVerification", fmt.Sprintf(factors, "PASSWORD"), `{"CredentialVerification":"Success"}`),
		directory(9*time.Second, "signin", "CredentialVerification", fmt.Sprintf(factors, "WEBAUTHN"), `{"CredentialVerification":"Success"}`),
		directory(10*time.Second, "signin", "UserAuthentication", `{"AuthWorkflowID":"`+flow+`","LoginTo":"https://studio.awsapps.com/start/","CredentialType":"PASSWORD,WEBAUTHN"}`, `{"UserAuthentication":"Success"}`),
		directory(17*time.Second, "sso", "Federate", "", `{"role_name":"`+s.Person.Set+`","account_id":"`+s.Account.ID+`"}`),
		s.saml(d),
		s.console(),
	}
}

const store = "93670000ab"

// saml is the role's credentials being issued for the assertion.
func (s *Session) saml(d *dice.Dice) Record {
	provider := "arn:aws:iam::" + s.Account.ID + ":saml-provider/AWSSSO_" + dice.New(0, "saml", s.Account.ID).Hex(16) + "_DO_NOT_DELETE"
	name, id := s.Person.Login, d.Base64(27)+"="
	session := s.Actor()
	return Record{
		Time: s.Start, From: s.IP, Agent: internal, Source: "sts", Name: "AssumeRoleWithSAML", Region: studio.London, ReadOnly: true,
		Actor:     Actor{Type: "SAMLUser", Principal: id + ":" + name, UserName: name, Tail: `,"identityProvider":"` + id + `"`},
		Account:   s.Account.ID,
		Request:   fmt.Sprintf(`{"sAMLAssertionID":"_%s","roleSessionName":"%s","roleArn":"%s","principalArn":"%s","durationSeconds":14400}`, d.UUID(), name, s.Role.ARN(), provider),
		Response:  fmt.Sprintf(`{"credentials":%s,"assumedRoleUser":{"assumedRoleId":"%s","arn":"%s"},"subject":"%s","subjectType":"persistent","issuer":"https://portal.sso.%s.amazonaws.com/saml/assertion/%s","audience":"https://signin.aws.amazon.com/saml","nameQualifier":"%s"}`, credentials(d, s.AccessKey, s.Start, 4), session.Principal, session.ARN, name, studio.London, d.Base64(44), id),
		Resources: []Resource{{s.Account.ID, "AWS::IAM::Role", s.Role.ARN()}, {s.Account.ID, "AWS::IAM::SAMLProvider", provider}},
		Host:      "sts." + studio.London + ".amazonaws.com",
	}
}

func (s *Session) console() Record {
	r := s.Call(s.Start.Add(2*time.Second), studio.Virginia, "signin", "ConsoleLogin")
	r.Type, r.Console, r.Host = ConsoleSignIn, false, "signin.aws.amazon.com"
	r.Response = `{"ConsoleLogin":"Success"}`
	r.Additional = `{"MobileVersion":"No","MFAUsed":"No"}`
	return r
}

// credentials are as CloudTrail logs them, session token and all. Tokens begin
// alike and then vary.
func credentials(d *dice.Dice, accessKey string, at time.Time, hours int) string {
	const begin = "IQoJb3JpZ2luX2VjE"
	token := begin + d.Base64(110) + d.Base64(110) + d.Base64(100) + "=="
	return `{"accessKeyId":"` + accessKey + `","sessionToken":"` + token + `","expiration":"` + When(at.Add(time.Duration(hours)*time.Hour)) + `"}`
}

// sittings are all sessions of the working people that begin on a day: before
// and after a break, in each of their accounts.
func sittings(st *studio.Studio, seed uint64, midnight time.Time, day int) (all []*Session) {
	for _, p := range st.People {
		if p.Cast {
			continue
		}
		for sitting, late := range []int{0, 285} {
			d := dice.New(seed, "sitting", p.Login, strconv.Itoa(day), strconv.Itoa(sitting))
			begin := midnight.Add(time.Duration(p.Begins+late+d.IntN(15)) * time.Minute)
			for i, account := range p.Accounts {
				begin = begin.Add(time.Duration(i*(40+d.IntN(600))+d.IntN(60)) * time.Second)
				all = append(all, NewSession(st, p, account, begin, d))
			}
		}
	}
	return all
}
