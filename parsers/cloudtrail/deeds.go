package cloudtrail

import (
	"bytes"
	"strings"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// deed is what kind of act an event tells of: event.category and event.type.
// Both are made once, as JSON for documents and as values for rules.
type deed struct {
	category, types         event.Value
	categoryList, typesList []event.Value
}

func newDeed(categories, types string) *deed {
	d := &deed{}
	d.category, d.categoryList = words(categories)
	d.types, d.typesList = words(types)
	return d
}

// words makes a list of words separated by spaces a JSON array and values.
func words(text string) (event.Value, []event.Value) {
	if text == "" {
		return event.Value{}, nil
	}
	fields := strings.Fields(text)
	var list []event.Value
	for _, w := range fields {
		list = append(list, event.Str(w))
	}
	return event.RawJSON([]byte(`["` + strings.Join(fields, `","`) + `"]`)), list
}

// effect is what a call does to what it names.
type effect uint8

const (
	reads effect = iota
	creates
	deletes
	changes
	effects
)

// Deeds by effect, in the words that ECS allows for each category.
var (
	plain         = [effects]*deed{newDeed("", "info"), newDeed("configuration", "creation"), newDeed("configuration", "deletion"), newDeed("configuration", "change")}
	networks      = [effects]*deed{newDeed("network", "info"), newDeed("configuration network", "creation"), newDeed("configuration network", "deletion"), newDeed("configuration network", "change")}
	files         = [effects]*deed{newDeed("file", "access"), newDeed("file", "creation"), newDeed("file", "deletion"), newDeed("file", "change")}
	databases     = [effects]*deed{newDeed("database", "info"), newDeed("configuration database", "creation"), newDeed("configuration database", "deletion"), newDeed("configuration database", "change")}
	iamUsers      = [effects]*deed{newDeed("iam", "info user"), newDeed("iam", "creation user"), newDeed("iam", "deletion user"), newDeed("iam", "change user")}
	iamGroups     = [effects]*deed{newDeed("iam", "group info"), newDeed("iam", "creation group"), newDeed("iam", "deletion group"), newDeed("iam", "change group")}
	iamOthers     = [effects]*deed{newDeed("iam", "info"), newDeed("iam", "admin creation"), newDeed("iam", "admin deletion"), newDeed("iam", "admin change")}
	signIn        = newDeed("authentication", "start")
	signOut       = newDeed("authentication", "end")
	authenticates = newDeed("authentication", "info")
	hostStart     = newDeed("host", "start")
	hostEnd       = newDeed("host", "end")
	sessionStart  = newDeed("session", "start")
	sessionEnd    = newDeed("session", "end")
	command       = newDeed("process", "start")
	threat        = newDeed("intrusion_detection", "info")
)

// byAction are the calls whose deed their name alone tells.
var byAction = map[string]*deed{
	"AssumeRole":                    signIn,
	"AssumeRoleWithSAML":            signIn,
	"AssumeRoleWithWebIdentity":     signIn,
	"AssumeRoot":                    signIn,
	"Authenticate":                  signIn,
	"ChangePassword":                iamUsers[changes],
	"CheckMfa":                      authenticates,
	"ConsoleLogin":                  signIn,
	"CreateSession":                 authenticates,
	"CredentialChallenge":           authenticates,
	"CredentialVerification":        authenticates,
	"ExecuteCommand":                command,
	"ExitRole":                      authenticates,
	"Federate":                      signIn,
	"GetFederationToken":            signIn,
	"GetRoleCredentials":            signIn,
	"GetSessionToken":               signIn,
	"GetSigninToken":                signIn,
	"Logout":                        signOut,
	"PutObject":                     files[creates],
	"RebootInstances":               hostStart,
	"RenewRole":                     signIn,
	"ResumeSession":                 sessionStart,
	"RunInstances":                  hostStart,
	"SendCommand":                   command,
	"SendSSHPublicKey":              authenticates,
	"SendSerialConsoleSSHPublicKey": authenticates,
	"StartInstances":                hostStart,
	"StartSession":                  sessionStart,
	"StopInstances":                 hostEnd,
	"SwitchRole":                    signIn,
	"TerminateInstances":            hostEnd,
	"TerminateSession":              sessionEnd,
	"UserAuthentication":            signIn,
}

// verbs are the first words of calls' names. What is not listed is told by readOnly.
var verbs = verbTable(map[effect]string{
	reads:   "Get List Describe Head Lookup Search Query Scan Select Check View Discover Estimate Validate Verify Test Simulate Preview Decode Download Filter Batch",
	creates: "Create Run Allocate Register Import Launch Request Issue Provision Copy Upload Complete Generate Clone Publish",
	deletes: "Delete Terminate Release Deregister Purge Destroy Drop Abort",
	changes: "Update Modify Put Attach Detach Associate Disassociate Enable Disable Set Reset Start Stop Reboot Change Add Remove Authorize Revoke " +
		"Tag Untag Replace Restore Rotate Schedule Cancel Activate Deactivate Accept Reject Assign Unassign Apply Upgrade Move Share Invite Leave Send",
})

func verbTable(byEffect map[effect]string) map[string]effect {
	table := map[string]effect{}
	for e, text := range byEffect {
		for _, verb := range strings.Fields(text) {
			table[verb] = e
		}
	}
	return table
}

// deedOf finds out what kind of act an event tells of.
func deedOf(ev *event.Event, s *event.Scratch) *deed {
	name := action(ev, s)
	if d := byAction[string(name)]; d != nil {
		return d
	}
	if ev.At(sInsightDetails) != nil {
		return threat
	}
	what := effectOf(ev, name)
	service, _, _ := bytes.Cut(word(ev, sEventSource, s), []byte("."))
	switch string(service) {
	case "iam", "sso", "sso-directory", "identitystore", "organizations":
		return iamNoun(name)[what]
	case "ec2", "directconnect", "network-firewall", "route53", "globalaccelerator":
		if string(service) != "ec2" || hasAny(name, networkNouns) {
			return networks[what]
		}
	case "s3":
		if bytes.Contains(name, []byte("Object")) || bytes.Contains(name, []byte("Upload")) {
			return files[what]
		}
	case "rds", "dynamodb", "redshift", "elasticache", "docdb":
		return databases[what]
	}
	return plain[what]
}

// effectOf tells the effect by the record's own word, then by the verb.
func effectOf(ev *event.Event, name []byte) effect {
	readOnly := boolean(ev.At(sReadOnly))
	if readOnly.Num != 0 {
		return reads
	}
	what, known := verbs[string(verb(name))]
	switch {
	case known && (what != reads || readOnly.IsNull()):
		return what
	case readOnly.IsNull():
		return reads
	case known: // a call named like a reader that is none, such as GetObject of another kind
		return reads
	}
	return changes
}

// verb is the first word of a name in camel case.
func verb(name []byte) []byte {
	for i := 1; i < len(name); i++ {
		if c := name[i]; c < 'a' || c > 'z' {
			return name[:i]
		}
	}
	return name
}

func iamNoun(name []byte) *[effects]*deed {
	switch {
	case hasAny(name, groupNouns):
		return &iamGroups
	case hasAny(name, userNouns):
		return &iamUsers
	}
	return &iamOthers
}

var (
	groupNouns   = nouns("Group")
	userNouns    = nouns("User LoginProfile AccessKey MFADevice SSHPublicKey SigningCertificate ServiceSpecificCredential")
	networkNouns = nouns("SecurityGroup NetworkAcl Vpc Vpn Subnet Route Gateway NetworkInterface Address Peering FlowLog Dhcp TrafficMirror PrefixList ClientVpn")
)

func nouns(text string) (out [][]byte) {
	for _, w := range strings.Fields(text) {
		out = append(out, []byte(w))
	}
	return out
}

func hasAny(name []byte, nouns [][]byte) bool {
	for _, n := range nouns {
		if bytes.Contains(name, n) {
			return true
		}
	}
	return false
}

// action is the inside of eventName; an Insights event names the call that it
// is about in its details.
func action(ev *event.Event, s *event.Scratch) []byte { return named(ev, sEventName, "eventName", s) }

// provider is the inside of eventSource, found likewise.
func provider(ev *event.Event, s *event.Scratch) []byte {
	return named(ev, sEventSource, "eventSource", s)
}

func named(ev *event.Event, slot int, name string, s *event.Scratch) []byte {
	if ev.At(slot) != nil {
		return word(ev, slot, s)
	}
	return text(field(ev.At(sInsightDetails), name))
}

// outcome is success, or failure where an error, or the sign-in page, says so.
func outcome(ev *event.Event, s *event.Scratch) event.Value {
	if len(ev.At(sErrorCode)) > 2 || len(ev.At(sErrorMessage)) > 2 {
		return failure
	}
	if raw := ev.At(sResponseElements); len(raw) > 2 && raw[0] == '{' && string(word(ev, sEventSource, s)) == "signin.amazonaws.com" {
		for _, page := range [...]string{"ConsoleLogin", "CheckMfa", "SwitchRole", "PasswordRecoveryCompleted"} {
			if string(field(raw, page)) == `"Failure"` {
				return failure
			}
		}
	}
	return success
}

var (
	failure = ecs.Constant("failure")
	success = ecs.Constant("success")
)
