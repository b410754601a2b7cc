package cloudtrail

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Actor is a userIdentity.
type Actor struct {
	Type, Principal, ARN, Account, AccessKey, UserName string
	// Issuer is the role of an assumed role's session.
	Issuer *studio.Role
	// Session tells that there is a sessionContext.
	Session bool
	Created time.Time
	MFA     bool
	// Instance marks credentials that an instance got from its metadata.
	Instance bool
	// InvokedBy is the service that called in the actor's name.
	InvokedBy string
	// Tail is JSON for what only some identities have, with a leading comma.
	Tail string
}

func (a *Actor) append(b []byte) []byte {
	b = append(b, '{')
	first := true
	put := func(key, value string) {
		if value == "" {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(append(append(b, '"'), key...), `":"`...), value...), '"')
	}
	put("type", a.Type)
	put("principalId", a.Principal)
	put("arn", a.ARN)
	put("accountId", a.Account)
	put("accessKeyId", a.AccessKey)
	put("userName", a.UserName)
	if a.Session {
		b = a.appendSession(append(b, `,"sessionContext":{`...))
	}
	put("invokedBy", a.InvokedBy)
	return append(append(b, a.Tail...), '}')
}

func (a *Actor) appendSession(b []byte) []byte {
	if r := a.Issuer; r != nil {
		b = append(append(b, `"sessionIssuer":{"type":"Role","principalId":"`...), r.ID...)
		b = append(append(append(b, `","arn":"arn:aws:iam::`...), r.Account.ID...), `:role`...)
		b = append(append(b, r.Path...), r.Name...)
		b = append(append(b, `","accountId":"`...), r.Account.ID...)
		b = append(append(append(b, `","userName":"`...), r.Name...), `"},`...)
	}
	b = appendTime(append(b, `"attributes":{"creationDate":"`...), a.Created)
	if a.MFA {
		b = append(b, `","mfaAuthenticated":"true"}`...)
	} else {
		b = append(b, `","mfaAuthenticated":"false"}`...)
	}
	if a.Instance {
		b = append(b, `,"ec2RoleDelivery":"2.0"`...)
	}
	return append(b, '}')
}

// Assumed is a session of a role.
func Assumed(r *studio.Role, session, accessKey string, since time.Time) Actor {
	return Actor{
		Type: "AssumedRole", Principal: r.ID + ":" + session, Account: r.Account.ID, AccessKey: accessKey,
		ARN:    "arn:aws:sts::" + r.Account.ID + ":assumed-role/" + r.Name + "/" + session,
		Issuer: r, Session: true, Created: since,
	}
}

// By is the actor with a service calling in its name.
func (a Actor) By(service string) Actor {
	a.InvokedBy = service
	return a
}

// Service is an AWS service acting for itself.
func Service(name string) Actor { return Actor{Type: "AWSService", InvokedBy: name} }

// User is an IAM user with a long-lived access key.
func User(account *studio.Account, name string) Actor {
	d := dice.New(0, "user", account.ID, name)
	return Actor{
		Type: "IAMUser", Principal: "AIDA" + d.Upper(17), Account: account.ID, UserName: name,
		ARN: "arn:aws:iam::" + account.ID + ":user/" + name, AccessKey: "AKIA" + d.Upper(16),
	}
}

// Root is the root user of an account.
func Root(account *studio.Account, since time.Time, mfa bool) Actor {
	return Actor{
		Type: "Root", Principal: account.ID, Account: account.ID, ARN: "arn:aws:iam::" + account.ID + ":root",
		AccessKey: "ASIA" + dice.New(0, "root", account.ID).Upper(16), Session: true, Created: since, MFA: mfa,
	}
}

// Linked is a session of a service-linked role: what a service does in the account.
func Linked(account *studio.Account, service, role, session string, since time.Time) Actor {
	r := &studio.Role{
		ID: "AROA" + dice.New(0, "linked", account.ID, role).Upper(17), Name: role, Account: account,
		Path: "/aws-service-role/" + service + "/",
	}
	return Assumed(r, session, "", since).By(service)
}

// Infrastructure is EC2 itself, reading an encrypted volume for an instance.
func Infrastructure(account *studio.Account, instance string, since time.Time) Actor {
	r := &studio.Role{ID: account.ID + ":aws:ec2-infrastructure", Name: "aws:ec2-infrastructure", Account: account, Path: "/"}
	a := Assumed(r, instance, "", since).By("AWS Internal")
	a.Instance = true
	return a
}

// Node is a render node with the credentials of its role. They are renewed
// every six hours.
func Node(seed uint64, role *studio.Role, instance string, at time.Time) Actor {
	since := at.Truncate(6 * time.Hour)
	key := "ASIA" + dice.New(seed, instance, since.Format(time.RFC3339)).Upper(16)
	a := Assumed(role, instance, key, since)
	a.Instance = true
	return a
}
