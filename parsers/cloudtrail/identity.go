package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
)

// identity is who is behind an act, as studio.identity says it. Bytes are the
// insides of JSON strings of the record.
type identity struct {
	person  []byte      // the human, if the record tells of one
	root    []byte      // instead: the account whose root user it was
	role    []byte      // the role acted in
	service []byte      // the AWS service that acted, for itself or for the person
	via     event.Value // how the person came in
}

// The ways in, as studio.identity.via names them.
var (
	viaIAM            = event.Str("iam")
	viaIdentityCenter = event.Str("identity-center")
	viaSAML           = event.Str("saml")
	viaWebIdentity    = event.Str("web-identity")
	viaFederation     = event.Str("federation")
	viaRole           = event.Str("role")
	viaRoot           = event.Str("root")
)

// who finds out who is behind an event.
//
// A role is not a person, and a session's name is what the caller chose: a
// person's for SSO and SAML, an instance, a function or a program otherwise. So
// a session name counts as a person only on evidence: the role is one of
// Identity Center's, the name is an e-mail address, the session has a source
// identity, began with a second factor or in the console. Without evidence
// there is no person, because a rule that takes a Lambda function for a human
// accuses it of being in two places at once.
func who(ev *event.Event, s *event.Scratch) identity {
	id := identity{service: word(ev, sUserInvokedBy, s)}
	switch string(word(ev, sUserType, s)) {
	case "AssumedRole":
		id.session(ev, s)
	case "IAMUser":
		id.user(ev, s)
	case "Root":
		id.root, id.via = word(ev, sUserAccountID, s), viaRoot
	case "AWSService":
		if id.service == nil {
			id.service = word(ev, sSourceIPAddress, s)
		}
	case "FederatedUser":
		id.person, id.via = behind(word(ev, sUserARN, s), "federated-user/"), viaFederation
	case "SAMLUser":
		id.person, id.via = word(ev, sUserName, s), viaSAML
		id.role = roleAsked(ev, s)
	case "WebIdentityUser":
		if name := word(ev, sUserName, s); isPerson(name) {
			id.person, id.via = name, viaWebIdentity
		}
		id.role = roleAsked(ev, s)
	case "IdentityCenterUser":
		id.directory(ev, s)
	case "Directory":
		id.person, id.via = word(ev, sUserName, s), viaFederation
	case "Role":
		id.role = firstOf(word(ev, sUserName, s), afterLast(word(ev, sUserARN, s), '/'))
	case "AWSAccount":
		id.account(ev, s)
	default: // Unknown, or none at all: sign-ins to Identity Center among others
		if isSignIn(ev, s) {
			id.directory(ev, s)
		}
	}
	if len(id.person) == 0 && len(id.root) == 0 {
		id.via = event.Value{}
	}
	return id
}

// user is an IAM user. Users are made for programs too; their names say so.
func (id *identity) user(ev *event.Event, s *event.Scratch) {
	name := word(ev, sUserName, s)
	if isProgram(name) && !hasHumanSession(ev, s) {
		return
	}
	id.person, id.via = name, viaIAM
}

// session is that of an assumed role.
func (id *identity) session(ev *event.Event, s *event.Scratch) {
	arn, issuer := word(ev, sUserARN, s), word(ev, sIssuerARN, s)
	id.role = firstOf(word(ev, sIssuerUserName, s), roleOfSession(arn))
	if service := behind(issuer, ":role/aws-service-role/"); service != nil {
		if len(id.service) == 0 {
			id.service, _, _ = bytes.Cut(service, []byte("/"))
		}
		return
	}
	name := firstOf(afterLast(arn, '/'), afterLast(word(ev, sUserPrincipalID, s), ':'))
	if set := permissionSet(id.role); set != nil {
		id.role, id.person, id.via = set, name, viaIdentityCenter
		return
	}
	web := ev.At(sSessionFederation)
	switch source := word(ev, sSessionSourceIdentity, s); {
	case len(source) > 0 && !isProgram(source):
		id.person, id.via = source, viaRole
	case isEMail(name), hasHumanSession(ev, s) && !isProgram(name):
		id.person, id.via = name, viaRole
	}
	if len(web) > 0 && field(web, "federatedProvider") != nil {
		id.via = viaWebIdentity
	}
}

// directory is a user of Identity Center, or of a sign-in page that knows no more.
func (id *identity) directory(ev *event.Event, s *event.Scratch) {
	id.via = viaIdentityCenter
	id.person = word(ev, sUserName, s)
	if len(id.person) == 0 && isSignIn(ev, s) {
		id.person = wordOf(field(ev.At(sAdditionalEventData), "UserName"), s)
	}
	if string(id.person) == hidden {
		id.person = nil
	}
	if len(id.person) == 0 {
		id.person = wordOf(field(ev.At(sUserOnBehalfOf), "userId"), s)
	}
}

// hidden stands where AWS does not say what a person typed.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// account is a principal of another account, of which the record tells only
// AROA…:session or AIDA….
func (id *identity) account(ev *event.Event, s *event.Scratch) {
	principal := word(ev, sUserPrincipalID, s)
	if at := bytes.IndexByte(principal, ':'); at >= 0 && isEMail(principal[at+1:]) {
		id.person, id.via = principal[at+1:], viaRole
	}
}

// hasHumanSession reports whether the session itself shows a human: it began
// with a second factor, or in the console.
func hasHumanSession(ev *event.Event, s *event.Scratch) bool {
	return boolean(ev.At(sSessionMFA)).Num != 0 || boolean(ev.At(sSessionFromConsole)).Num != 0 ||
		string(word(ev, sEventType, s)) == "AwsConsoleSignIn"
}

// isSignIn reports whether the event comes from one of the services at which
// people sign in.
func isSignIn(ev *event.Event, s *event.Scratch) bool {
	switch string(word(ev, sEventSource, s)) {
	case "signin.amazonaws.com", "sso.amazonaws.com", "sso-directory.amazonaws.com", "sso-oauth.amazonaws.com", "identitystore.amazonaws.com":
		return true
	}
	return false
}

// permissionSet is the name that the studio gave to a role of Identity Center:
// AWSReservedSSO_ShowAdmin_0123456789abcdef. nil for other roles.
func permissionSet(role []byte) []byte {
	set, ok := bytes.CutPrefix(role, []byte("AWSReservedSSO_"))
	if !ok {
		return nil
	}
	if at := bytes.LastIndexByte(set, '_'); at > 0 && len(set)-at == 17 {
		return set[:at]
	}
	return set
}

// roleOfSession is the role's name in arn:aws:sts::<account>:assumed-role/<role>/<session>.
func roleOfSession(arn []byte) []byte {
	role, _, _ := bytes.Cut(behind(arn, ":assumed-role/"), []byte("/"))
	return role
}

// roleAsked is the name of the role that the call is to give.
func roleAsked(ev *event.Event, s *event.Scratch) []byte {
	return afterLast(wordOf(field(ev.At(sRequestParameters), "roleArn"), s), '/')
}

// behind is what follows mark in b; nil if there is none.
func behind(b []byte, mark string) []byte {
	if at := bytes.Index(b, []byte(mark)); at >= 0 {
		return b[at+len(mark):]
	}
	return nil
}

func afterLast(b []byte, c byte) []byte {
	if at := bytes.LastIndexByte(b, c); at >= 0 {
		return b[at+1:]
	}
	return nil
}

func firstOf(a, b []byte) []byte {
	if len(a) > 0 {
		return a
	}
	return b
}

// rootOf names an account's root user: nobody knows who that is, but it is one
// and the same person for whoever asks where that person was.
func rootOf(account []byte, s *event.Scratch) []byte {
	const words = "root of "
	return append(append(s.Alloc(len(words)+len(account)), words...), account...)
}

// values of an identity, as getters and documents give them.
func (id *identity) personValue(s *event.Scratch) event.Value {
	if len(id.root) > 0 {
		return escaped(rootOf(id.root, s))
	}
	return escaped(id.person)
}

func escaped(inside []byte) event.Value {
	if len(inside) == 0 {
		return event.Value{}
	}
	return event.Value{Kind: event.Escaped, Bytes: inside}
}
