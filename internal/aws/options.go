package aws

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the keys that every source and sink of AWS has. Embed them with
// `yaml:",inline"`, begin with [Defaults], and call Validate from the outer one's.
type Options struct {
	Region      string        `yaml:"region" doc:"AWS region. Empty: what the environment or the profile says."`
	Profile     string        `yaml:"profile" doc:"Profile of the shared AWS configuration files. Empty: the default credentials, as the AWS command line finds them."`
	AssumeRole  []Role        `yaml:"assume_role" doc:"The role to assume, or a list of roles of which each is assumed with the credentials of the one before."`
	Endpoint    string        `yaml:"endpoint" doc:"URL that takes the place of AWS's own endpoints: a VPC endpoint, or an emulator in tests. S3 then uses path-style addresses."`
	MaxAttempts int           `yaml:"max_attempts" doc:"How often one request is tried before its failure is reported. What has failed is taken up again later: this is no limit to delivery."`
	Timeout     time.Duration `yaml:"timeout" doc:"A connection that is silent for so long is given up."`
}

// Role is one role of a chain.
type Role struct {
	RoleARN     string        `yaml:"role_arn" doc:"ARN of the role, arn:aws:iam::123456789012:role/name."`
	ExternalID  string        `yaml:"external_id" doc:"The external id that the role's trust policy asks for."`
	SessionName string        `yaml:"session_name" doc:"Name of the session, as CloudTrail of the role's account shows it. Empty: burstwatch."`
	Duration    time.Duration `yaml:"duration" doc:"How long credentials are valid, 15m to 12h; at most 1h behind another role. Empty: 1h."`
}

// Defaults are the options that the configuration leaves out.
func Defaults() Options {
	return Options{MaxAttempts: 8, Timeout: time.Minute}
}

// What AWS takes, as the API reference of STS AssumeRole has it.
var (
	regionName  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)
	roleARN     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]+$`) // AWS counts its characters
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)                               // and at most 1224, which regexp cannot count to
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

const (
	shortestSession = 15 * time.Minute
	longestSession  = 12 * time.Hour
	longestChained  = time.Hour
)

// Validate returns every fault at once. What is wrong with a role by itself, the role says.
func (o *Options) Validate() error {
	var faults []error
	fault := func(key, reason string) { faults = append(faults, plugin.FieldError{Key: key, Reason: reason}) }
	if o.Region != "" && !regionName.MatchString(o.Region) {
		fault("region", "want the name of a region such as eu-west-1")
	}
	if why := endpointFault(o.Endpoint); why != "" {
		fault("endpoint", why)
	}
	if o.MaxAttempts < 1 || o.MaxAttempts > 50 {
		fault("max_attempts", "want 1 to 50")
	}
	if o.Timeout < 25*time.Second {
		fault("timeout", "want at least 25s: a queue without messages is silent for 20")
	}
	for i, r := range o.AssumeRole {
		if i > 0 && r.Duration > longestChained {
			fault(fmt.Sprintf("assume_role[%d].duration", i), "AWS allows at most 1h to a role that another role assumes")
		}
	}
	return errors.Join(faults...)
}

// Validate returns every fault at once.
func (r *Role) Validate() error {
	var faults []error
	fault := func(key, reason string) { faults = append(faults, plugin.FieldError{Key: key, Reason: reason}) }
	if !roleARN.MatchString(r.RoleARN) {
		fault("role_arn", "want the ARN of a role, arn:aws:iam::123456789012:role/name")
	}
	if r.ExternalID != "" && (len(r.ExternalID) > 1224 || !externalID.MatchString(r.ExternalID)) {
		fault("external_id", "want 2 to 1224 letters, digits and +=,.@:/-_")
	}
	if r.SessionName != "" && !sessionName.MatchString(r.SessionName) {
		fault("session_name", "want 2 to 64 letters, digits and +=,.@-_")
	}
	if r.Duration != 0 && (r.Duration < shortestSession || r.Duration > longestSession) {
		fault("duration", "want 15m to 12h")
	}
	return errors.Join(faults...)
}

// endpointFault says what is wrong with an endpoint, "" if nothing is.
func endpointFault(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "want a URL such as https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com"
	case u.User != nil:
		return "takes no user and password"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "http would send session tokens in the clear: want https"
	}
	return ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// account is the account of a role, "" where its ARN is none.
func (r *Role) account() string {
	if m := roleARN.FindStringSubmatch(r.RoleARN); m != nil {
		return m[1]
	}
	return ""
}

// name is the role as sentences name it.
func (r *Role) name() string {
	_, name, _ := strings.Cut(r.RoleARN, ":role/")
	return "role " + name + " of account " + r.account()
}
