package cloudwatchlogs

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the sink's keys.
type Options struct {
	aws.Options `yaml:",inline"`
	Group       string `yaml:"log_group" doc:"The log group of events; {dataset} is replaced by the event's."`
	AlertGroup  string `yaml:"alert_group" doc:"The log group of alerts."`
	Stream      string `yaml:"log_stream" doc:"The stream in each group. Two Burstwatches that write side by side have one each."`
	Create      bool   `yaml:"create" doc:"Make groups and streams that do not exist."`
	Retention   int    `yaml:"retention_days" doc:"How long a group that is made keeps its events, in one of the numbers that AWS knows; 0 is for ever."`
	KMSKey      string `yaml:"kms_key" doc:"ARN of the key that a group that is made is encrypted with; empty: a key of AWS."`
}

// Defaults are the options that the configuration leaves out.
func Defaults() Options {
	return Options{
		Options: aws.Defaults(), Group: "/burstwatch/{dataset}", AlertGroup: "/burstwatch/alerts", Stream: "burstwatch", Create: true,
		Retention: 400,
	}
}

// days are the retentions that PutRetentionPolicy takes.
var days = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// The lengths are counted apart: an expression that counts to five hundred is as
// many states, which every command would make at its start.
const (
	longestGroup  = 512
	longestStream = 490 // of 512: that of late events has a longer name
)

var (
	groupName  = regexp.MustCompile(`^[a-zA-Z0-9_/.#-]+$`)
	streamName = regexp.MustCompile(`^[^:*]+$`)
	keyARN     = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$`)
)

// Validate returns every fault at once.
func (o *Options) Validate() error {
	var faults []error
	fault := func(key, reason string) { faults = append(faults, plugin.FieldError{Key: key, Reason: reason}) }
	faults = append(faults, o.Options.Validate())
	if name := strings.ReplaceAll(o.Group, "{dataset}", "x"); len(name) > longestGroup || !groupName.MatchString(name) {
		fault("log_group", "want at most 512 letters, digits and _ - / . # besides {dataset}")
	}
	if len(o.AlertGroup) > longestGroup || !groupName.MatchString(o.AlertGroup) {
		fault("alert_group", "want at most 512 letters, digits and _ - / . #")
	}
	if utf8.RuneCountInString(o.Stream) > longestStream || !streamName.MatchString(o.Stream) {
		fault("log_stream", "want a name of at most 490 characters without : and *")
	}
	if !slices.Contains(days, o.Retention) {
		fault("retention_days", "AWS takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, or 0 for ever")
	}
	if o.KMSKey != "" && !keyARN.MatchString(o.KMSKey) {
		fault("kms_key", "want the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID")
	}
	return errors.Join(faults...)
}
