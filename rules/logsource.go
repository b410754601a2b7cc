package rules

import (
	"slices"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// datasets maps what a rule names as its log source to the datasets that are
// such logs. The keys are product and service; "" as service stands for rules
// that name the product alone. What is not in the table but is a dataset's own
// name (product: aws, service: vpcflow) is found by that name.
//
// Logs that have a dataset of their own are also looked for in what a bus, a
// bucket or a file without a known family holds, by their raw names: a finding
// of GuardDuty is one as an EventBridge event too. So a rule serves before there
// is a parser for its dataset, and after.
var datasets = map[[2]string][]string{
	{"aws", "cloudtrail"}:  {"aws.cloudtrail"},
	{"aws", "vpc-flow"}:    {"aws.vpcflow"},
	{"aws", "vpc_flow"}:    {"aws.vpcflow"},
	{"aws", "vpcflowlogs"}: {"aws.vpcflow"},
	{"aws", "route53"}:     {"aws.route53_resolver_logs", "generic.json"},

	{"aws", "route53_resolver_logs"}: {"aws.route53_resolver_logs", "generic.json"},

	{"aws", "s3"}:           {"aws.s3access"},
	{"aws", "ssm"}:          {"aws.ssm_session", "generic.json"},
	{"aws", "guardduty"}:    {"aws.guardduty", "aws.eventbridge", "generic.json"},
	{"aws", "config"}:       {"aws.config", "aws.eventbridge", "generic.json"},
	{"aws", "batch"}:        {"aws.batch", "aws.eventbridge"},
	{"aws", "inspector"}:    {"aws.inspector", "aws.eventbridge"},
	{"aws", "credentials"}:  {"aws.iam_credential_report", "generic.json"},
	{"deadline", "job"}:     {"deadline.job", "generic.json"},
	{"deadline", "task"}:    {"deadline.task", "generic.json"},
	{"deadline", "worker"}:  {"deadline.worker", "generic.json"},
	{"deadline", "report"}:  {"deadline.report", "generic.json"},
	{"deadline", "log"}:     {"deadline.log", "generic.text"},
	{"linux", ""}:           {"linux.auth", "linux.syslog", "generic.text"},
	{"linux", "auth"}:       {"linux.auth", "generic.text"},
	{"linux", "sshd"}:       {"linux.auth", "linux.syslog", "generic.text"},
	{"linux", "sudo"}:       {"linux.auth", "linux.syslog", "generic.text"},
	{"linux", "su"}:         {"linux.auth", "linux.syslog", "generic.text"},
	{"linux", "pam"}:        {"linux.auth", "linux.syslog", "generic.text"},
	{"burstwatch", "alert"}: {"burstwatch.alert"},
}

// linuxService takes the services of Linux that have no row: their lines are
// found in the system log.
var linuxService = []string{"linux.syslog", "generic.text"}

// categories are log sources that rules name by category alone.
var categories = map[string][]string{
	"dns":      {"aws.route53_resolver_logs"},
	"firewall": {"aws.vpcflow"},
}

// knownDatasets are the names that a log source may spell out.
var knownDatasets = []string{
	"aws.cloudtrail", "aws.cloudtrail_digest", "aws.vpcflow", "aws.ssm_session", "aws.guardduty", "aws.config",
	"aws.s3access", "aws.batch", "aws.iam_credential_report", "aws.route53_resolver_logs", "aws.inspector",
	"aws.eventbridge", "deadline.job", "deadline.task", "deadline.worker", "deadline.report", "deadline.log",
	"linux.auth", "linux.syslog", "generic.text", "generic.json", "burstwatch.alert",
}

// Datasets returns the datasets that a log source means; none where no log of
// ours is meant.
func Datasets(l sigma.LogSource) []string {
	if found, ok := datasets[[2]string{l.Product, l.Service}]; ok && (l.Category == "" || l.Product == "aws") {
		return found
	}
	if name := l.Product + "." + l.Service; slices.Contains(knownDatasets, name) {
		return []string{name}
	}
	switch {
	case l.Product == "linux" && l.Service != "" && l.Category == "":
		return linuxService
	case l.Product == "" && l.Service == "" || l.Category == "network" && l.Service == "dns":
		if l.Service == "dns" {
			return categories["dns"]
		}
		return categories[l.Category]
	}
	return nil
}
