package cloudtrail

import (
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// What AWS's own services and the studio's machines log all day long.

// recorder is AWS Config reading the state of everything.
func recorder(s *scene) Record {
	l := s.look(configLooks)
	who := Linked(s.account, "config.amazonaws.com", "AWSServiceRoleForConfig", "AWSConfig-Describe", s.since())
	r := s.internal(who, "config.amazonaws.com", l.source, l.name)
	r.ReadOnly, r.Request = true, s.fill(l.request)
	if l.source == "s3" {
		r.Additional = transfer(s.dice, 0, s.dice.Skewed(200, 4000), false)
		r.Resources = []Resource{{s.account.ID, "AWS::S3::Bucket", "arn:aws:s3:::studio-logs-" + s.region}}
	}
	return r
}

var configLooks = []look{
	{"ec2", "DescribeSecurityGroups", `{"maxResults":1000,"securityGroupSet":{},"securityGroupIdSet":{},"filterSet":{}}`},
	{"ec2", "DescribeNetworkInterfaces", `{"maxResults":1000,"networkInterfaceIdSet":{},"filterSet":{}}`},
	{"ec2", "DescribeInstances", `{"instancesSet":{"items":[{"instanceId":"%i"}]},"filterSet":{}}`},
	{"ec2", "DescribeVolumes", `{"maxResults":500,"volumeSet":{},"filterSet":{}}`},
	{"ec2", "DescribeSubnets", `{"subnetSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"%v"}]}}]}}`},
	{"s3", "GetBucketPolicy", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","policy":""}`},
	{"s3", "GetBucketAcl", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","acl":""}`},
	{"s3", "GetBucketVersioning", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","versioning":""}`},
	{"s3", "GetBucketPublicAccessBlock", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","publicAccessBlock":""}`},
	{"kms", "GetKeyPolicy", `{"keyId":"%k","policyName":"default"}`},
	{"kms", "GetKeyRotationStatus", `{"keyId":"%k"}`},
	{"iam", "GetRole", `{"roleName":"cfn-deploy"}`},
	{"iam", "ListAttachedRolePolicies", `{"roleName":"cfn-deploy","maxItems":100}`},
}

// watcher is GuardDuty, Inspector and autoscaling at work.
func watcher(s *scene) Record {
	type one struct{ service, role, session, source, name, request string }
	w := dice.Pick(s.dice, []one{
		{"guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty", "GuardDuty", "ec2", "DescribeInstances", `{"maxResults":1000,"instancesSet":{},"filterSet":{}}`},
		{"guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty", "GuardDuty", "ec2", "DescribeVpcEndpoints", `{"DescribeVpcEndpointsRequest":{"MaxResults":1000}}`},
		{"inspector2.amazonaws.com", "AWSServiceRoleForAmazonInspector2", "MandoService" + fmt.Sprint(s.dice.Between(1e9, 9e9)), "ec2", "DescribeInstances", `{"instancesSet":{"items":[{"instanceId":"%i"}]},"filterSet":{}}`},
		{"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScaling", "ec2", "DescribeInstanceStatus", `{"maxResults":1000,"instancesSet":{},"filterSet":{},"includeAllInstances":true}`},
		{"access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer", "access-analyzer", "s3", "GetBucketPolicyStatus", `{"bucketName":"%b","Host":"%b.s3.%r.amazonaws.com","policyStatus":""}`},
	})
	r := s.internal(Linked(s.account, w.service, w.role, w.session, s.since()), w.service, w.source, w.name)
	r.ReadOnly, r.Request = true, s.fill(w.request)
	return r
}

// serviceSession is a service assuming its role: the storm that every account knows.
func serviceSession(s *scene) Record {
	service := dice.Pick(s.dice, []string{"config", "lambda", "cloudformation", "events", "ssm", "backup", "states", "guardduty"})
	role := s.studio.Role(s.account.Name, "cfn-deploy")
	session := service + "-" + s.dice.Hex(12)
	if service != "cloudformation" {
		role = &studio.Role{ID: "AROA", Name: "studio-" + service, Path: "/service-role/", Account: s.account}
	}
	return s.assume(Service(service+".amazonaws.com"), role, session, "ASIA"+s.dice.Upper(16), 1)
}

// function is a Lambda function doing its rounds.
func function(s *scene) Record {
	name := dice.Pick(s.dice, []string{"dailies-notify", "spot-guard", "tag-warden", "cost-report"})
	role := &studio.Role{ID: "AROA" + dice.New(0, "function", s.account.ID, name).Upper(17), Name: "studio-" + name, Path: "/service-role/", Account: s.account}
	hour := s.at.Truncate(time.Hour)
	key := "ASIA" + dice.New(s.seed, name, s.account.ID, hour.Format(time.RFC3339)).Upper(16)
	l := dice.Pick(s.dice, []look{
		{"ec2", "DescribeInstances", `{"maxResults":200,"instancesSet":{},"filterSet":{"items":[{"name":"tag-key","valueSet":{"items":[{"value":"Production"}]}}]}}`},
		{"tagging", "GetResources", `{"resourcesPerPage":100,"tagFilters":[{"key":"Production"}]}`},
		{"ssm", "GetParameter", `{"name":"/studio/` + name + `/config","withDecryption":false}`},
		{"logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/studio-` + name + `","logStreamName":"` + s.at.Format("2006/01/02") + `/[$LATEST]%x"}`},
	})
	r := s.call(Assumed(role, "studio-"+name, key, hour), fmt.Sprintf("203.0.113.%d", 129+s.dice.IntN(4)), "Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10.228-239.884.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.5 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/1.34.145", l.source, l.name)
	r.ReadOnly, r.Request = l.name != "CreateLogStream", s.fill(l.request)
	return r
}

// backup is the one IAM user with a long-lived key: the tape robot in London.
func backup(s *scene) Record {
	r := s.call(User(s.account, "svc-backup"), "203.0.113.20", "Boto3/1.26.165 Python/3.9.18 Linux/5.14.0-427.el9.x86_64 Botocore/1.29.165", "sts", "GetCallerIdentity")
	r.ReadOnly = true
	if s.dice.Chance(0.3) {
		r.Source, r.Name, r.Host = "backup", "ListRecoveryPointsByBackupVault", "backup."+s.region+".amazonaws.com"
		r.Request = `{"backupVaultName":"studio","maxResults":100}`
	}
	return r
}

// delivery is CloudTrail and VPC flow logs writing into the log bucket, and the
// key behind it.
func delivery(s *scene) Record {
	owner := dice.Pick(s.dice, s.studio.Accounts)
	key := fmt.Sprintf("AWSLogs/%s/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%sZ_%s.json.gz", studio.Organization, owner.ID, s.region,
		s.at.Format("2006/01/02"), owner.ID, s.region, s.at.Format("20060102T1504"), s.dice.Letters(16))
	service := "cloudtrail.amazonaws.com"
	if s.dice.Chance(0.4) {
		service = "delivery.logs.amazonaws.com"
		v := dice.Pick(s.dice, s.studio.VPCs)
		key = fmt.Sprintf("AWSLogs/%s/vpcflowlogs/%s/%s/%s_vpcflowlogs_%s_%s_%sZ_%s.log.gz", v.Account.ID, v.Region,
			s.at.Format("2006/01/02"), v.Account.ID, v.Region, v.FlowLog, s.at.Format("20060102T1504"), s.dice.Hex(8))
	}
	bucket := "studio-logs-" + s.region
	r := s.internal(Service(service), service, "s3", "PutObject")
	r.Data, r.Shared = true, s.dice.UUID()
	r.Request = `{"x-amz-acl":"bucket-owner-full-control","x-amz-server-side-encryption":"aws:kms","bucketName":"` + bucket + `","Host":"` + bucket + ".s3." + s.region + `.amazonaws.com","key":"` + key + `"}`
	r.Additional = transfer(s.dice, s.dice.Skewed(900, 900_000), 0, true)
	r.Resources = []Resource{{"", "AWS::S3::Object", "arn:aws:s3:::" + bucket + "/" + key}, {s.account.ID, "AWS::S3::Bucket", "arn:aws:s3:::" + bucket}}
	return r
}

// logKey is CloudTrail using the logging key for a file.
func logKey(s *scene) Record {
	k := s.studio.Key("studio-logs")
	if s.region != k.Region {
		return delivery(s)
	}
	owner := dice.Pick(s.dice, s.studio.Accounts)
	r := s.internal(Service("cloudtrail.amazonaws.com"), "cloudtrail.amazonaws.com", "kms", "GenerateDataKey")
	r.ReadOnly, r.Shared, r.Region = true, s.dice.UUID(), k.Region
	r.Request = fmt.Sprintf(`{"keySpec":"AES_256","keyId":"%s","encryptionContext":{"aws:cloudtrail:arn":"arn:aws:cloudtrail:%s:%s:trail/organization","aws:s3:arn":"arn:aws:s3:::studio-logs-%s/AWSLogs/%s/%s/CloudTrail/%s/%s"}}`,
		k.ARN(), studio.London, s.account.ID, s.region, studio.Organization, owner.ID, s.region, s.at.Format("2006/01/02"))
	r.Resources = useOf(k)
	return r
}

// collector is Burstwatch itself, reading what was delivered.
func collector(s *scene) Record {
	h := s.studio.VPC("logging").Host("burstwatch")
	who := Node(s.seed, s.studio.Role("logging", "burstwatch"), h.Instance, s.at)
	r := s.call(who, h.IP, "aws-sdk-go-v2/1.32.2 ua/2.1 os/linux lang/go#1.26.0 md/GOOS#linux md/GOARCH#amd64 api/sqs#1.36.2 burstwatch/1.0", "sqs", "ReceiveMessage")
	r.Data, r.ReadOnly = true, true
	r.Request = `{"queueUrl":"https://sqs.` + s.region + `.amazonaws.com/` + s.account.ID + `/burstwatch-trails","maxNumberOfMessages":10,"waitTimeSeconds":20,"visibilityTimeout":300}`
	r.Resources = []Resource{{s.account.ID, "AWS::SQS::Queue", "arn:aws:sqs:" + s.region + ":" + s.account.ID + ":burstwatch-trails"}}
	return r
}

// serviceEvent is what AWS does without being called.
func serviceEvent(s *scene) Record {
	k := dice.Pick(s.dice, s.studio.Keys)
	r := Record{
		Time: s.at, Actor: Actor{Account: k.Account.ID, InvokedBy: internal}, From: internal, Agent: internal,
		Source: "kms", Name: "RotateKey", Region: k.Region, Account: k.Account.ID, Type: ServiceEvent,
		Details: `{"keyId":"` + k.ID + `","keyOrigin":"AWS_KMS","rotationType":"AUTOMATIC","backingKeyId":"` + s.dice.Hex(64) + `"}`, Resources: useOf(k),
	}
	if k.Account == s.account && k.Region == s.region && s.dice.Chance(0.1) {
		return r
	}
	r.Actor = Actor{Account: s.account.ID, InvokedBy: "ec2.amazonaws.com"}
	r.From, r.Agent, r.Source, r.Name, r.Region, r.Account = "ec2.amazonaws.com", "ec2.amazonaws.com", "ec2", "BidEvictedEvent", s.region, s.account.ID
	r.Details, r.Resources, r.Shared = `{"instanceIdSet":["i-0`+s.dice.Hex(16)+`"]}`, nil, s.dice.UUID()
	return r
}

// deploy is a stack being rolled out: CloudFormation calls, under its role.
func deploy(s *scene) Record {
	hour := s.at.Truncate(time.Hour)
	key := "ASIA" + dice.New(s.seed, "deploy", s.account.ID, hour.Format(time.RFC3339)).Upper(16)
	who := Assumed(s.studio.Role(s.account.Name, "cfn-deploy"), "AWSCloudFormation", key, hour).By("cloudformation.amazonaws.com")
	l := dice.Pick(s.dice, []look{
		{"ec2", "DescribeLaunchTemplateVersions", `{"DescribeLaunchTemplateVersionsRequest":{"LaunchTemplateName":"render-node","MaxResults":10}}`},
		{"ec2", "CreateLaunchTemplateVersion", `{"CreateLaunchTemplateVersionRequest":{"LaunchTemplateName":"render-node","VersionDescription":"stack %x","LaunchTemplateData":{"InstanceType":"c6i.12xlarge","MetadataOptions":{"HttpTokens":"required"}}}}`},
		{"autoscaling", "UpdateAutoScalingGroup", `{"autoScalingGroupName":"licence-servers","minSize":1,"maxSize":2,"desiredCapacity":1}`},
		{"ssm", "PutParameter", `{"name":"/studio/render/%x","type":"String","value":"HIDDEN_DUE_TO_SECURITY_REASONS","overwrite":true}`},
		{"lambda", "UpdateFunctionCode20150331v2", `{"functionName":"studio-tag-warden","s3Bucket":"studio-deploy-%r","s3Key":"tag-warden/%x.zip","publish":true,"dryRun":false}`},
		{"cloudformation", "DescribeStacks", `{"stackName":"render-farm"}`},
	})
	r := s.internal(who, "cloudformation.amazonaws.com", l.source, l.name)
	r.ReadOnly, r.Request = strings.HasPrefix(l.name, "Describe"), s.fill(l.request)
	return r
}
