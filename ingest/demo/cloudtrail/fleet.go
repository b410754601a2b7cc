package cloudtrail

import (
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// What EC2, STS and SSM log while nodes come and go.

// runInstances is a Spot fleet starting some nodes, with the whole answer.
func runInstances(s *scene) Record {
	p := s.show()
	r := s.fleet(p, "RunInstances")
	kind, subnet := dice.Pick(s.dice, instanceTypes), dice.Pick(s.dice, p.VPC.Subnets[:2])
	count, launched := s.dice.Between(1, 4), s.farm.Nodes(p, s.at)
	token := "fleet-" + s.dice.UUID() + "-0"
	r.Request = fmt.Sprintf(`{"instancesSet":{"items":[{"imageId":"%s","minCount":%d,"maxCount":%d}]},"groupSet":{"items":[{"groupId":"%s"}]},"userData":"<sensitiveDataRemoved>","instanceType":"%s","blockDeviceMapping":{"items":[{"deviceName":"/dev/sda1","ebs":{"volumeSize":80,"deleteOnTermination":true,"volumeType":"gp3","encrypted":true,"kmsKeyId":"%s"}}]},"monitoring":{"enabled":false},"subnetId":"%s","disableApiTermination":false,"disableApiStop":false,"clientToken":"%s","iamInstanceProfile":{"arn":"arn:aws:iam::%s:instance-profile/%s"},"instanceMarketOptions":{"marketType":"spot","spotOptions":{"spotInstanceType":"one-time"}},"tagSpecificationSet":{"items":[%s]}}`,
		p.Image, count, count, p.VPC.Group, kind, p.Volumes.ARN(), subnet.ID, token, s.account.ID, p.Render.Name, tags(p))
	if s.dice.Chance(0.06) {
		r.ErrorCode = "Server.InsufficientInstanceCapacity"
		r.ErrorMessage = "We currently do not have sufficient " + kind + " capacity in the Availability Zone you requested (" + subnet.Zone + "). Our system will be working on provisioning additional capacity."
		return r
	}
	var items []string
	for i := range count {
		items = append(items, s.launched(p, dice.Pick(s.dice, launched), kind, token, i))
	}
	r.Response = fmt.Sprintf(`{"requestId":"%s","reservationId":"r-0%s","ownerId":"%s","groupSet":{},"instancesSet":{"items":[%s]},"requesterId":"%s"}`,
		s.dice.UUID(), s.dice.Hex(16), s.account.ID, strings.Join(items, ","), "AIDA"+p.Render.ID[4:])
	return r
}

func tags(p *studio.Production) string {
	return fmt.Sprintf(`{"resourceType":"instance","tags":[{"key":"Production","value":"%s"},{"key":"Tier","value":"%d"},{"key":"DeadlineGroup","value":"%s-burst"}]}`, p.Name, p.Tier, p.Slug)
}

func (s *scene) launched(p *studio.Production, h *studio.Host, kind, token string, index int) string {
	dns := "ip-" + strings.ReplaceAll(h.IP, ".", "-") + "." + s.region + ".compute.internal"
	group := `{"items":[{"groupId":"` + p.VPC.Group + `","groupName":"` + p.Slug + `-render"}]}`
	at, zone := s.at.UnixMilli(), zoneName(s.region, h)
	return fmt.Sprintf(`{"instanceId":"%s","imageId":"%s","bootMode":"uefi-preferred","currentInstanceBootMode":"uefi","instanceState":{"code":0,"name":"pending"},"privateDnsName":"%s","amiLaunchIndex":%d,"productCodes":{},"instanceType":"%s","launchTime":%d,"placement":{"availabilityZone":"%s","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"%s","vpcId":"%s","privateIpAddress":"%s","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/sda1","blockDeviceMapping":{},"instanceLifecycle":"spot","spotInstanceRequestId":"sir-%s","virtualizationType":"hvm","hypervisor":"xen","tagSet":{"items":[{"key":"Production","value":"%s"}]},"clientToken":"%s","groupSet":%s,"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"%s","subnetId":"%s","vpcId":"%s","ownerId":"%s","status":"in-use","macAddress":"0a:%s","privateIpAddress":"%s","privateDnsName":"%s","sourceDestCheck":true,"interfaceType":"interface","groupSet":%s,"attachment":{"attachmentId":"eni-attach-0%s","deviceIndex":0,"networkCardIndex":0,"status":"attaching","attachTime":%d,"deleteOnTermination":true},"privateIpAddressesSet":{"item":[{"privateIpAddress":"%s","privateDnsName":"%s","primary":true}]},"ipv6AddressesSet":{},"tagSet":{}}]},"iamInstanceProfile":{"arn":"arn:aws:iam::%s:instance-profile/%s","id":"AIPA%s"},"ebsOptimized":true,"cpuOptions":{"coreCount":24,"threadsPerCore":2},"enclaveOptions":{"enabled":false},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled"}}`,
		h.Instance, p.Image, dns, index, kind, at, zone, h.Subnet.ID, p.VPC.ID, h.IP, s.dice.Hex(8), p.Name, token, group,
		h.Interface, h.Subnet.ID, p.VPC.ID, s.account.ID, mac(s.dice), h.IP, dns, group, s.dice.Hex(16), at, h.IP, dns, s.account.ID, p.Render.Name, p.Render.ID[4:])
}

// zoneName is "eu-west-2a" for a host in the zone with the id euw2-az1.
func zoneName(region string, h *studio.Host) string {
	number := h.Subnet.Zone[len(h.Subnet.Zone)-1] - '1'
	return region + string(rune('a'+number))
}

func mac(d *dice.Dice) string {
	h := d.Hex(10)
	return h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:]
}

var instanceTypes = []string{"c6i.12xlarge", "c6a.12xlarge", "c5.12xlarge", "m6i.12xlarge", "c7i.12xlarge"}

// fleet is a call by the Spot fleet service for p.
func (s *scene) fleet(p *studio.Production, name string) Record {
	who := Linked(s.account, "spotfleet.amazonaws.com", "AWSServiceRoleForEC2SpotFleet", "SpotFleet", s.since())
	return s.internal(who, "spotfleet.amazonaws.com", "ec2", name)
}

func terminateInstances(s *scene) Record {
	p := s.show()
	r := s.fleet(p, "TerminateInstances")
	var asked, ended []string
	for range s.dice.Between(1, 6) {
		h := dice.Pick(s.dice, s.farm.Nodes(p, s.at))
		asked = append(asked, `{"instanceId":"`+h.Instance+`"}`)
		ended = append(ended, `{"instanceId":"`+h.Instance+`","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}`)
	}
	r.Request = `{"instancesSet":{"items":[` + strings.Join(asked, ",") + `]}}`
	r.Response = `{"requestId":"` + s.dice.UUID() + `","instancesSet":{"items":[` + strings.Join(ended, ",") + `]}}`
	return r
}

// roleForInstance is EC2 fetching a node's credentials.
func roleForInstance(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	return s.assume(Service("ec2.amazonaws.com"), p.Render, h.Instance, who.AccessKey, 6)
}

// assume is a service assuming a role. The answer carries the session's
// credentials, token included, as CloudTrail logs them.
func (s *scene) assume(by Actor, role *studio.Role, session, accessKey string, hours int) Record {
	r := s.internal(by, by.InvokedBy, "sts", "AssumeRole")
	r.ReadOnly, r.Shared = true, s.dice.UUID()
	r.Request = `{"roleArn":"` + role.ARN() + `","roleSessionName":"` + session + `"}`
	r.Response = `{"credentials":` + credentials(s.dice, accessKey, s.at, hours) + `}`
	r.Resources = []Resource{{s.account.ID, "AWS::IAM::Role", role.ARN()}}
	return r
}

// infrastructure is EC2's own use of the volume key while a node starts: no
// use of the key by a person or a program.
func infrastructure(s *scene) Record {
	p := s.show()
	h, _ := s.node(p)
	name := dice.Pick(s.dice, []string{"Decrypt", "Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant"})
	return VolumeUse(s.dice, s.at, p, h, name)
}

// VolumeUse is a use of p's volume key by EBS, for the node h.
func VolumeUse(d *dice.Dice, at time.Time, p *studio.Production, h *studio.Host, name string) Record {
	r := Record{
		Time: at, Actor: Infrastructure(p.Account, h.Instance, at.Add(-3*time.Second)), From: internal, Agent: internal,
		Source: "kms", Name: name, Region: p.Region, ReadOnly: name != "CreateGrant", Resources: useOf(p.Volumes),
	}
	context := `"encryptionContext":{"aws:ebs:id":"vol-0` + d.Hex(16) + `"}`
	switch name {
	case "CreateGrant":
		r.Request = `{"keyId":"` + p.Volumes.ARN() + `","granteePrincipal":"` + r.Actor.ARN + `","retiringPrincipal":"ec2.` + p.Region + `.amazonaws.com","operations":["Decrypt"],"constraints":{` + strings.Replace(context, `"encryptionContext"`, `"encryptionContextSubset"`, 1) + `}}`
		r.Response = `{"grantId":"` + d.Hex(64) + `","keyId":"` + p.Volumes.ARN() + `"}`
	case "GenerateDataKeyWithoutPlaintext":
		r.Request = `{"numberOfBytes":64,"keyId":"` + p.Volumes.ARN() + `",` + context + `}`
	default:
		r.Request = `{` + context + `,"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`
	}
	return r
}

// heartbeat is what the SSM agent of each node sends every few minutes.
func heartbeat(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	r := s.call(who, h.IP, agent, "ssm", "UpdateInstanceInformation")
	r.Endpoint = p.VPC.Endpoint("ssm")
	r.Request = fmt.Sprintf(`{"instanceId":"%s","agentVersion":"3.3.859.0","agentStatus":"Active","platformType":"Linux","platformName":"Rocky Linux","platformVersion":"9.4","iPAddress":"%s","computerName":"%s.render.studio.example","agentName":"amazon-ssm-agent","availabilityZone":"%s","availabilityZoneId":"%s","sSMConnectionChannel":"ssmmessages"}`,
		h.Instance, h.IP, h.Name, zoneName(s.region, h), h.Subnet.Zone)
	return r
}

// scheduler is the Remote Connection Server looking after its fleet, sometimes
// faster than EC2 likes.
func scheduler(s *scene) Record {
	p := s.show()
	hour := s.at.Truncate(time.Hour)
	key := "ASIA" + dice.New(s.seed, "rcs", s.account.ID, hour.Format(time.RFC3339)).Upper(16)
	who := Assumed(s.studio.Role(s.account.Name, "deadline-fleet"), "deadline-rcs", key, hour)
	r := s.call(who, s.studio.VPC("mgmt-eu").Host(studio.Repository).IP, deadline, "ec2", dice.Pick(s.dice, []string{"DescribeSpotFleetInstances", "DescribeInstances", "DescribeSpotFleetRequestHistory"}))
	r.ReadOnly = true
	r.Request = `{"maxResults":1000,"filterSet":{"items":[{"name":"tag:DeadlineGroup","valueSet":{"items":[{"value":"` + p.Slug + `-burst"}]}},{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}`
	if s.dice.Chance(0.12) {
		r.ErrorCode, r.ErrorMessage = "Client.RequestLimitExceeded", "Request limit exceeded."
	}
	return r
}

func logStream(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	r := s.call(who, h.IP, python, "logs", "CreateLogStream")
	r.Endpoint = p.VPC.Endpoint("logs")
	r.Request = `{"logGroupName":"/studio/` + p.Slug + `/render","logStreamName":"` + h.Name + `/` + s.dice.Hex(12) + `"}`
	return r
}

func whoAmI(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	r := s.call(who, h.IP, python, "sts", "GetCallerIdentity")
	r.ReadOnly, r.Endpoint = true, p.VPC.Endpoint("sts")
	return r
}
