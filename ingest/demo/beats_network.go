package demo

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// networkBeats are changes of networks. Whoever sits in Singapore makes a way
// out of SABLE's render subnet; the way is used at 12:30.
func networkBeats() []Beat {
	return []Beat{
		violation(12, 10, "security-group-opened", "SABLE's security group is opened to the world for SSH", groupOpened, "2.1"),
		violation(12, 14, "internet-gateway-attached", "An internet gateway is attached to SABLE's content network", gatewayAttached, "2.2"),
		violation(12, 17, "route-to-internet", "SABLE's render subnets get a default route to the internet", routeAdded, "2.2", "2.3"),
		nearMiss(16, 14, "security-group-office", "A security group is opened to the London office", groupOffice, "2.1"),
		nearMiss(16, 17, "security-group-closed", "The rule that opened SABLE's group is revoked", groupClosed, "2.1"),
		withStudio(nearMiss(16, 20, "internet-gateway-management", "CloudFormation attaches an internet gateway to a management network", gatewayManagement, "2.2")),
		nearMiss(16, 24, "internet-gateway-detached", "The internet gateway is detached from SABLE's content network", gatewayDetached, "2.2"),
	}
}

// groupRule is an entry of ipPermissions for SSH or HTTPS.
func groupRule(port int, cidrs ...string) string {
	v4, v6 := "", ""
	for _, cidr := range cidrs {
		if cidr == "::/0" {
			v6 += `{"cidrIpv6":"` + cidr + `"}`
			continue
		}
		if v4 != "" {
			v4 += ","
		}
		v4 += `{"cidrIp":"` + cidr + `"}`
	}
	ranges := func(items string) string {
		if items == "" {
			return `{}`
		}
		return `{"items":[` + items + `]}`
	}
	return fmt.Sprintf(`{"ipProtocol":"tcp","fromPort":%d,"toPort":%d,"groups":{},"ipRanges":%s,"ipv6Ranges":%s,"prefixListIds":{}}`, port, port, ranges(v4), ranges(v6))
}

func groupRequest(group string, rules string) string {
	return `{"groupId":"` + group + `","ipPermissions":{"items":[` + rules + `]}}`
}

func (s *stage) groupAnswer(group string, owner *studio.Account, port int, cidr string) string {
	key := "cidrIpv4"
	if cidr == "::/0" {
		key = "cidrIpv6"
	}
	return fmt.Sprintf(`{"requestId":"%s","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"%s","groupId":"%s","securityGroupRuleId":"sgr-0%s","isEgress":false,"ipProtocol":"tcp","fromPort":%d,"toPort":%d,"%s":"%s"}]}}`,
		s.dice.UUID(), owner.ID, group, s.dice.Hex(16), port, port, key, cidr)
}

func groupOpened(s *stage) {
	v := s.studio.VPC("sable")
	by := s.intruder()
	s.change(by, 0, v.Region, "ec2:AuthorizeSecurityGroupIngress",
		groupRequest(v.Group, groupRule(443, "203.0.113.16/28")+","+groupRule(22, "0.0.0.0/0")), s.groupAnswer(v.Group, v.Account, 22, "0.0.0.0/0"))
	s.change(by, 20*time.Second, v.Region, "ec2:AuthorizeSecurityGroupIngress",
		groupRequest(v.Group, groupRule(22, "::/0")), s.groupAnswer(v.Group, v.Account, 22, "::/0"))
}

func groupOffice(s *stage) {
	v := s.studio.VPC("halo")
	s.change(s.session("jonas.w", "halo-prod"), 0, v.Region, "ec2:AuthorizeSecurityGroupIngress",
		groupRequest(v.Group, groupRule(443, "203.0.113.16/28")), s.groupAnswer(v.Group, v.Account, 443, "203.0.113.16/28"))
}

func groupClosed(s *stage) {
	v := s.studio.VPC("sable")
	s.change(s.session("rosa.f", "sable-prod"), 0, v.Region, "ec2:RevokeSecurityGroupIngress",
		groupRequest(v.Group, groupRule(22, "0.0.0.0/0")), `{"requestId":"`+s.dice.UUID()+`","_return":true,"unknownIpPermissionSet":{}}`)
}

func gatewayRequest(v *studio.VPC) string {
	return `{"internetGatewayId":"` + v.Internet + `","vpcId":"` + v.ID + `"}`
}

func gatewayAttached(s *stage) {
	v := s.studio.VPC("sable")
	by := s.intruder()
	s.change(by, 0, v.Region, "ec2:CreateInternetGateway", `{}`,
		`{"requestId":"`+s.dice.UUID()+`","internetGateway":{"internetGatewayId":"`+v.Internet+`","ownerId":"`+v.Account.ID+`","attachmentSet":{},"tagSet":{}}}`)
	s.change(by, 15*time.Second, v.Region, "ec2:AttachInternetGateway", gatewayRequest(v), s.done())
}

func routeAdded(s *stage) {
	v := s.studio.VPC("sable")
	s.change(s.intruder(), 0, v.Region, "ec2:CreateRoute",
		`{"routeTableId":"`+v.RouteTable+`","destinationCidrBlock":"0.0.0.0/0","gatewayId":"`+v.Internet+`"}`, s.done())
}

func gatewayManagement(s *stage) {
	v := s.studio.VPC("mgmt-us")
	s.stack("shared-services", v.Region, 0, "ec2:AttachInternetGateway", gatewayRequest(v), s.done())
}

func gatewayDetached(s *stage) {
	v := s.studio.VPC("sable")
	s.change(s.session("rosa.f", "sable-prod"), 0, v.Region, "ec2:DetachInternetGateway", gatewayRequest(v), s.done())
}
