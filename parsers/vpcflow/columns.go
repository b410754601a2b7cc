package vpcflow

import "github.com/burstwatch/burstwatch/internal/event"

// A column of a flow log has a slot of its own, whatever its place in the line.
// Those of version 2 come first and in their order, so that the slots of a
// default line are its columns.
const (
	colVersion = iota
	colAccountID
	colInterfaceID
	colSrcAddr
	colDstAddr
	colSrcPort
	colDstPort
	colProtocol
	colPackets
	colBytes
	colStart
	colEnd
	colAction
	colLogStatus
	columnsV2
)

// Columns of the later versions that are read one by one.
const (
	colTCPFlags = iota + columnsV2
	colType
	colPktSrcAddr
	colPktDstAddr
	colInstanceID
	colRegion
	colAZID
	colFlowDirection
	colTrafficPath
	colRejectReason
)

// kind is what a column holds.
type kind uint8

const (
	text kind = iota
	number
	address
)

// column is one column that AWS documents.
type column struct {
	// name is the name as AWS has it, with hyphens.
	name string
	kind kind
	// key is the ECS field that holds just this column; own says whether there
	// is one. Columns without one are read into other fields.
	key event.Key
	own bool
}

// columns are the documented columns, by slot: those of the VPC flow logs of
// version 2 to 11 (docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html)
// and those of transit gateways (…/vpc/latest/tgw/tgw-flow-logs.html).
var columns = [...]column{
	colVersion:     {"version", text, event.KeyAWSVpcflowVersion, true},
	colAccountID:   {"account-id", text, event.KeyAWSVpcflowAccountID, true},
	colInterfaceID: {"interface-id", text, event.KeyAWSVpcflowInterfaceID, true},
	colSrcAddr:     {"srcaddr", address, 0, false},
	colDstAddr:     {"dstaddr", address, 0, false},
	colSrcPort:     {"srcport", number, 0, false},
	colDstPort:     {"dstport", number, 0, false},
	colProtocol:    {"protocol", number, 0, false},
	colPackets:     {"packets", number, 0, false},
	colBytes:       {"bytes", number, 0, false},
	colStart:       {"start", number, 0, false},
	colEnd:         {"end", number, 0, false},
	colAction:      {"action", text, event.KeyAWSVpcflowAction, true},
	colLogStatus:   {"log-status", text, event.KeyAWSVpcflowLogStatus, true},

	colTCPFlags:      {"tcp-flags", number, event.KeyAWSVpcflowTCPFlags, true},
	colType:          {"type", text, event.KeyAWSVpcflowType, true},
	colPktSrcAddr:    {"pkt-srcaddr", address, event.KeyAWSVpcflowPktSrcaddr, true},
	colPktDstAddr:    {"pkt-dstaddr", address, event.KeyAWSVpcflowPktDstaddr, true},
	colInstanceID:    {"instance-id", text, event.KeyAWSVpcflowInstanceID, true},
	colRegion:        {"region", text, 0, false},
	colAZID:          {"az-id", text, event.KeyAWSVpcflowAZID, true},
	colFlowDirection: {"flow-direction", text, event.KeyAWSVpcflowFlowDirection, true},
	colTrafficPath:   {"traffic-path", number, event.KeyAWSVpcflowTrafficPath, true},
	colRejectReason:  {"reject-reason", text, event.KeyAWSVpcflowRejectReason, true},

	// Version 3 to 5.
	{"vpc-id", text, event.KeyAWSVpcflowVPCID, true},
	{"subnet-id", text, event.KeyAWSVpcflowSubnetID, true},
	{"sublocation-type", text, event.KeyAWSVpcflowSublocationType, true},
	{"sublocation-id", text, event.KeyAWSVpcflowSublocationID, true},
	{"pkt-src-aws-service", text, event.KeyAWSVpcflowPktSrcService, true},
	{"pkt-dst-aws-service", text, event.KeyAWSVpcflowPktDstService, true},
	// Version 6: transit gateways.
	{"resource-type", text, event.KeyAWSVpcflowTGWResourceType, true},
	{"tgw-id", text, event.KeyAWSVpcflowTGWID, true},
	{"tgw-attachment-id", text, event.KeyAWSVpcflowTGWAttachmentID, true},
	{"tgw-src-vpc-account-id", text, event.KeyAWSVpcflowTGWSrcVPCAccountID, true},
	{"tgw-dst-vpc-account-id", text, event.KeyAWSVpcflowTGWDstVPCAccountID, true},
	{"tgw-src-vpc-id", text, event.KeyAWSVpcflowTGWSrcVPCID, true},
	{"tgw-dst-vpc-id", text, event.KeyAWSVpcflowTGWDstVPCID, true},
	{"tgw-src-subnet-id", text, event.KeyAWSVpcflowTGWSrcSubnetID, true},
	{"tgw-dst-subnet-id", text, event.KeyAWSVpcflowTGWDstSubnetID, true},
	{"tgw-src-eni", text, event.KeyAWSVpcflowTGWSrcENI, true},
	{"tgw-dst-eni", text, event.KeyAWSVpcflowTGWDstENI, true},
	{"tgw-src-az-id", text, event.KeyAWSVpcflowTGWSrcAZID, true},
	{"tgw-dst-az-id", text, event.KeyAWSVpcflowTGWDstAZID, true},
	{"tgw-pair-attachment-id", text, event.KeyAWSVpcflowTGWPairAttachmentID, true},
	{"packets-lost-no-route", number, event.KeyAWSVpcflowTGWPacketsLostNoRoute, true},
	{"packets-lost-blackhole", number, event.KeyAWSVpcflowTGWPacketsLostBlackhole, true},
	{"packets-lost-mtu-exceeded", number, event.KeyAWSVpcflowTGWPacketsLostMTUExceeded, true},
	{"packets-lost-ttl-expired", number, event.KeyAWSVpcflowTGWPacketsLostTTLExpired, true},
	// Version 7.
	{"ecs-cluster-arn", text, event.KeyAWSVpcflowECSClusterARN, true},
	{"ecs-cluster-name", text, event.KeyAWSVpcflowECSClusterName, true},
	{"ecs-container-instance-arn", text, event.KeyAWSVpcflowECSContainerInstanceARN, true},
	{"ecs-container-instance-id", text, event.KeyAWSVpcflowECSContainerInstanceID, true},
	{"ecs-container-id", text, event.KeyAWSVpcflowECSContainerID, true},
	{"ecs-second-container-id", text, event.KeyAWSVpcflowECSSecondContainerID, true},
	{"ecs-service-name", text, event.KeyAWSVpcflowECSServiceName, true},
	{"ecs-task-definition-arn", text, event.KeyAWSVpcflowECSTaskDefinitionARN, true},
	{"ecs-task-arn", text, event.KeyAWSVpcflowECSTaskARN, true},
	{"ecs-task-id", text, event.KeyAWSVpcflowECSTaskID, true},
	// Version 9 and 10.
	{"resource-id", text, event.KeyAWSVpcflowResourceID, true},
	{"encryption-status", number, event.KeyAWSVpcflowEncryptionStatus, true},
	// Version 11.
	{"instance-tag", text, event.KeyAWSVpcflowInstanceTag, true},
	{"instance-tag-2", text, event.KeyAWSVpcflowInstanceTag2, true},
	{"interface-tag", text, event.KeyAWSVpcflowInterfaceTag, true},
	{"interface-tag-2", text, event.KeyAWSVpcflowInterfaceTag2, true},
	{"asg-tag", text, event.KeyAWSVpcflowASGTag, true},
	{"asg-tag-2", text, event.KeyAWSVpcflowASGTag2, true},
	{"interface-type", text, event.KeyAWSVpcflowInterfaceType, true},
	{"next-hop-interface-id", text, event.KeyAWSVpcflowNextHopInterfaceID, true},
	{"next-hop-subnet-id", text, event.KeyAWSVpcflowNextHopSubnetID, true},
	{"next-hop-az-id", text, event.KeyAWSVpcflowNextHopAZID, true},
	{"next-hop-vpc-id", text, event.KeyAWSVpcflowNextHopVPCID, true},
	{"next-hop-interface-type", text, event.KeyAWSVpcflowNextHopInterfaceType, true},
}

// slotOf finds a documented column.
var slotOf = func() map[string]int {
	m := make(map[string]int, len(columns))
	for i := range columns {
		m[columns[i].name] = i
	}
	return m
}()

// formatV2 is the default format of a VPC's flow log, formatTGW that of a
// transit gateway's.
const (
	formatV2  = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
	formatTGW = "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service"
)
