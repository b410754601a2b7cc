package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// loggingBeats are about the studio's own eyes: trails, flow logs, GuardDuty, Config.
func loggingBeats() []Beat {
	return []Beat{
		violation(15, 40, "logging-stopped", "The trail of halo-prod is stopped", loggingStopped, "8.1"),
		nearMiss(15, 43, "logging-looked-at", "Somebody reads the trail's state and starts it again", loggingLookedAt, "8.1"),
		violation(15, 50, "trail-excludes-keys", "The trail of halo-prod now excludes KMS", trailExcludesKeys, "8.1", "9.4"),
		violation(16, 0, "flow-logs-deleted", "HALO's flow log is deleted", flowLogsDeleted, "8.1"),
		nearMiss(16, 4, "flow-logs-created", "CloudFormation creates HALO's flow log again", flowLogsCreated, "8.1"),
		violation(17, 0, "guardduty-off", "GuardDuty's detector in halo-prod is switched off", guardDutyOff, "8.1", "1.3"),
		nearMiss(17, 4, "guardduty-looked-at", "Somebody reads GuardDuty's detector and findings", guardDutyLookedAt, "8.1"),
		violation(18, 30, "config-stopped", "AWS Config stops recording in halo-prod", configStopped, "8.1"),
		nearMiss(18, 33, "config-looked-at", "AWS Config is read and started again", configLookedAt, "8.1"),
	}
}

const trailARN = "arn:aws:cloudtrail:us-east-1:222222222222:trail/halo-prod"

func (s *stage) jonas(after time.Duration, name, request, response string) {
	s.change(s.session("jonas.w", "halo-prod"), after, studio.Virginia, name, request, response)
}

func loggingStopped(s *stage) {
	s.jonas(0, "cloudtrail:StopLogging", `{"name":"`+trailARN+`"}`, "")
}

func loggingLookedAt(s *stage) {
	by := s.session("jonas.w", "halo-prod")
	s.calls(by, studio.Virginia, 0, 5*time.Second, "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")
	s.change(by, 40*time.Second, studio.Virginia, "cloudtrail:StartLogging", `{"name":"`+trailARN+`"}`, "")
}

func trailExcludesKeys(s *stage) {
	const selectors = `"eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[],"excludeManagementEventSources":["kms.amazonaws.com"]}]`
	s.jonas(0, "cloudtrail:PutEventSelectors", `{"trailName":"`+trailARN+`",`+selectors+`}`, `{"trailARN":"`+trailARN+`",`+selectors+`}`)
}

func flowLogsDeleted(s *stage) {
	id := s.dice.UUID()
	s.jonas(0, "ec2:DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"`+s.studio.VPC("halo").FlowLog+`"}}}`,
		`{"DeleteFlowLogsResponse":{"xmlns":"http://ec2.amazonaws.com/doc/2016-11-15/","unsuccessful":"","requestId":"`+id+`"}}`)
}

func flowLogsCreated(s *stage) {
	v := s.studio.VPC("halo")
	s.stack("halo-prod", v.Region, 0, "ec2:CreateFlowLogs",
		`{"CreateFlowLogsRequest":{"ResourceType":"VPC","ResourceId":{"tag":1,"content":"`+v.ID+`"},"TrafficType":"ALL","LogDestinationType":"s3","LogDestination":"arn:aws:s3:::studio-logs-us-east-1","MaxAggregationInterval":60}}`,
		`{"CreateFlowLogsResponse":{"xmlns":"http://ec2.amazonaws.com/doc/2016-11-15/","unsuccessful":"","clientToken":"`+s.dice.Base64(43)+`=","flowLogIdSet":{"item":"`+v.FlowLog+`"},"requestId":"`+s.dice.UUID()+`"}}`)
}

const detector = "4ec1b9a0d7f24c5e8a61b3d2f0937c18"

func guardDutyOff(s *stage) {
	s.jonas(0, "guardduty:UpdateDetector", `{"detectorId":"`+detector+`","enable":false}`, "")
}

func guardDutyLookedAt(s *stage) {
	s.calls(s.session("jonas.w", "halo-prod"), studio.Virginia, 0, 6*time.Second, "guardduty:ListDetectors", "guardduty:GetDetector", "guardduty:ListFindings")
}

func configStopped(s *stage) {
	s.jonas(0, "config:StopConfigurationRecorder", `{"configurationRecorderName":"default"}`, "")
}

func configLookedAt(s *stage) {
	by := s.session("jonas.w", "halo-prod")
	s.calls(by, studio.Virginia, 0, 6*time.Second, "config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannels")
	s.change(by, 30*time.Second, studio.Virginia, "config:StartConfigurationRecorder", `{"configurationRecorderName":"default"}`, "")
}
