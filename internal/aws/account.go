package aws

import (
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// AccountRole is a role that has the same name in many accounts.
type AccountRole struct {
	RoleARN     string        `yaml:"role_arn" doc:"ARN of the role with {account} for the account's id, arn:aws:iam::{account}:role/name."`
	ExternalID  string        `yaml:"external_id" doc:"The external id that the roles' trust policies ask for."`
	SessionName string        `yaml:"session_name" doc:"Name of the session, as CloudTrail of the accounts shows it. Empty: burstwatch."`
	Duration    time.Duration `yaml:"duration" doc:"How long credentials are valid, 15m to 1h. Empty: 1h."`
}

// accountMark stands for the account's id.
const accountMark = "{account}"

// Of is the role in one account.
func (r *AccountRole) Of(account string) Role {
	return Role{RoleARN: strings.ReplaceAll(r.RoleARN, accountMark, account), ExternalID: r.ExternalID, SessionName: r.SessionName, Duration: r.Duration}
}

// Validate returns every fault at once. An empty one is none.
func (r *AccountRole) Validate() error {
	if *r == (AccountRole{}) {
		return nil
	}
	if !strings.Contains(r.RoleARN, accountMark) {
		return plugin.FieldError{Key: "role_arn", Reason: "want arn:aws:iam::{account}:role/name, with {account} where the account's id stands"}
	}
	role := r.Of("123456789012")
	return role.Validate()
}
