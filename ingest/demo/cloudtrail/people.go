package cloudtrail

import (
	"strings"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// What people leave behind who look at things, in the console and from a shell.

// look is one read-only call; %a, %r, %b, %i, %v and %k in the request stand
// for account, region, a bucket, an instance, a VPC and a key.
type look struct{ source, name, request string }

// looks are what each permission set mostly reads.
var looks = map[string][]look{
	studio.RenderWrangler: append(farmLooks, look{"ec2", "DescribeSpotFleetRequests", `{"DescribeSpotFleetRequestsRequest":{"MaxResults":100}}`},
		look{"ssm", "DescribeSessions", `{"state":"Active","filters":[{"key":"Target","value":"%i"}]}`},
		look{"autoscaling", "DescribeAutoScalingGroups", `{"maxRecords":50}`}),
	studio.PipelineDev: append(farmLooks, look{"s3", "ListBuckets", `{"Host":"s3.%r.amazonaws.com"}`},
		look{"codebuild", "BatchGetBuilds", `{"ids":["render-tools:%x"]}`},
		look{"ecr", "DescribeImages", `{"repositoryName":"render-wrapper","registryId":"%a","maxResults":100}`},
		look{"lambda", "ListFunctions20150331", `{"maxItems":50}`}),
	studio.ShowAdmin: append(farmLooks, look{"cloudformation", "DescribeStacks", `{"stackName":"arn:aws:cloudformation:%r:%a:stack/render-farm/%x"}`},
		look{"cloudformation", "DescribeStackEvents", `{"stackName":"render-farm"}`}, look{"iam", "ListRoles", `{"maxItems":1000}`},
		look{"ec2", "DescribeVpcs", `{"vpcSet":{"items":[{"vpcId":"%v"}]},"filterSet":{}}`},
		look{"kms", "ListAliases", `{"limit":100}`}, look{"kms", "DescribeKey", `{"keyId":"%k"}`}),
	studio.PlatformAdmin: append(farmLooks, look{"ec2", "DescribeRouteTables", `{"routeTableIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"%v"}]}}]}}`},
		look{"ec2", "DescribeSecurityGroups", `{"maxResults":100,"securityGroupSet":{},"securityGroupIdSet":{},"filterSet":{}}`},
		look{"ec2", "DescribeVpnConnections", `{"vpnConnectionSet":{},"filterSet":{}}`}, look{"organizations", "ListAccounts", ``},
		look{"iam", "GetAccountSummary", ``}, look{"health", "DescribeEventAggregates", `{"aggregateField":"eventTypeCategory","filter":{"eventStatusCodes":["open","upcoming"]}}`}),
	studio.SecurityAudit: {
		{"cloudtrail", "LookupEvents", `{"maxResults":50,"lookupAttributes":[{"attributeKey":"ReadOnly","attributeValue":"false"}]}`},
		{"cloudtrail", "GetTrailStatus", `{"name":"arn:aws:cloudtrail:%r:%a:trail/organization"}`}, {"config", "DescribeComplianceByConfigRule", `{"complianceTypes":["NON_COMPLIANT"]}`},
		{"guardduty", "ListFindings", `{"detectorId":"%x","maxResults":50,"sortCriteria":{"attributeName":"service.eventLastSeen","orderBy":"DESC"}}`},
		{"iam", "GetAccountAuthorizationDetails", `{"maxItems":100,"filter":["Role"]}`}, {"iam", "GenerateCredentialReport", ``},
		{"s3", "GetBucketPolicyStatus", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","policyStatus":""}`},
		{"s3", "GetBucketEncryption", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","encryption":""}`},
		{"securityhub", "GetFindings", `{"Filters":{"RecordState":[{"Value":"ACTIVE","Comparison":"EQUALS"}]},"MaxResults":100}`},
		{"kms", "GetKeyRotationStatus", `{"keyId":"%k"}`}, {"access-analyzer", "ListFindings", `{"analyzerArn":"arn:aws:access-analyzer:%r:%a:analyzer/studio","maxResults":50}`},
	},
}

var farmLooks = []look{
	{"ec2", "DescribeInstances", `{"maxResults":50,"instancesSet":{},"filterSet":{"items":[{"name":"tag:Production","valueSet":{"items":[{"value":"*"}]}}]}}`},
	{"ec2", "DescribeInstances", `{"instancesSet":{"items":[{"instanceId":"%i"}]},"filterSet":{}}`},
	{"ec2", "DescribeInstanceStatus", `{"maxResults":100,"instancesSet":{},"filterSet":{},"includeAllInstances":true}`},
	{"ec2", "DescribeVolumes", `{"maxResults":50,"volumeSet":{},"filterSet":{}}`},
	{"monitoring", "GetMetricData", ``},
	{"monitoring", "DescribeAlarms", `{"maxRecords":100,"stateValue":"ALARM"}`},
	{"logs", "StartQuery", `{"logGroupName":"/studio/render","startTime":0,"queryString":"fields @timestamp | filter level = ERROR","limit":100}`},
	{"logs", "DescribeLogStreams", `{"logGroupName":"/studio/render","orderBy":"LastEventTime","descending":true,"limit":50}`},
}

// browse is a call of somebody who is signed in; every twentieth is refused.
func browse(s *scene) Record {
	session := dice.Pick(s.dice, s.people)
	l := s.look(looks[session.Person.Set])
	at := s.at
	if at.Before(session.Start) {
		at = session.Start.Add(5e9)
	}
	r := session.Call(at, s.region, l.source, l.name)
	r.ReadOnly, r.Account = true, s.account.ID
	if s.dice.Chance(0.3) {
		r.Agent, r.Console = session.Person.Shell, false
	}
	r.Request = s.fill(l.request)
	switch {
	case l.source == "s3":
		r.Additional = transfer(s.dice, 0, s.dice.Skewed(200, 9000), false)
	case s.dice.Chance(0.05):
		r.ErrorCode = "AccessDenied"
		r.ErrorMessage = "User: " + r.Actor.ARN + " is not authorized to perform: " + l.source + ":" + l.name + " because no identity-based policy allows the " + l.source + ":" + l.name + " action"
	}
	return r
}

// look picks a call that this region logs.
func (s *scene) look(from []look) look {
	for {
		if l := dice.Pick(s.dice, from); s.region == studio.Virginia || !Global(l.source) {
			return l
		}
	}
}

func (s *scene) fill(request string) string {
	if !strings.Contains(request, "%") {
		return request
	}
	instance, vpc := "i-0"+s.dice.Hex(16), s.studio.VPCs[0]
	key, bucket := s.studio.Keys[0].ARN(), "studio-logs-"+s.region
	if len(s.shows) > 0 {
		p := s.show()
		instance, vpc, key, bucket = dice.Pick(s.dice, s.farm.Nodes(p, s.at)).Instance, p.VPC, p.Content.ARN(), p.Output
	}
	return strings.NewReplacer("%a", s.account.ID, "%r", s.region, "%b", bucket, "%i", instance,
		"%v", vpc.ID, "%k", key, "%x", s.dice.Hex(32)).Replace(request)
}

// startSession is a person opening a shell on a node, the studio's way.
func startSession(s *scene) Record {
	session := dice.Pick(s.dice, s.people)
	if len(s.shows) == 0 {
		return browse(s)
	}
	h, _ := s.node(s.show())
	at := s.at
	if at.Before(session.Start) {
		at = session.Start.Add(9e9)
	}
	r := session.Call(at, s.region, "ssm", "StartSession")
	r.Account, r.Console, r.Agent = s.account.ID, false, session.Person.Shell
	id := session.Person.Login + "-" + strings.ToLower(s.dice.Upper(26))
	r.Request = `{"target":"` + h.Instance + `"}`
	r.Response = `{"sessionId":"` + id + `","tokenValue":"Value hidden due to security reasons.","streamUrl":"wss://ssmmessages.` + s.region + `.amazonaws.com/v1/data-channel/` + id + `?role=publish_subscribe&cell-number=` + s.dice.Base64(80) + `"}`
	return r
}
