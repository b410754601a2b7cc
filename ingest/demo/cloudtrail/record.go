// Package cloudtrail writes the made-up studio's CloudTrail: single records in
// the shape and key order in which AWS delivers them, a day's and night's work
// made of such records, and the files that hold them. Shapes follow AWS's
// CloudTrail reference and published samples; every value is invented.
//
// [Record] and [Actor] are what the story in ingest/demo is told with; [Work]
// is the bulk around it. It imports ingest/demo/studio and ingest/demo/dice.
package cloudtrail

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// Record is one CloudTrail record before it is written.
type Record struct {
	Time  time.Time
	Actor Actor
	// Source is the service without its ".amazonaws.com".
	Source, Name, Region string
	// From is sourceIPAddress: an address or the name of a service.
	From, Agent             string
	ErrorCode, ErrorMessage string
	// Request, Response, Additional and Details are JSON as it stands in
	// requestParameters, responseElements, additionalEventData and
	// serviceEventDetails. The first two are null when empty, the others left out.
	Request, Response, Additional, Details string
	ReadOnly                               bool
	Resources                              []Resource
	// Type is eventType, AwsApiCall when empty.
	Type string
	// Data tells a data event (S3 objects) from a management event.
	Data bool
	// Account receives the record; empty, it is the actor's.
	Account string
	// Shared joins the records that one call leaves in two accounts.
	Shared string
	// Endpoint is the VPC endpoint that the call came through.
	Endpoint string
	// Host is the name in the TLS handshake; empty, there are no tlsDetails.
	Host string
	// Console marks calls made with a console session's credentials.
	Console bool
	// ID is eventID. Append draws it when empty.
	ID string
}

// Resource is an entry of resources.
type Resource struct{ Account, Type, ARN string }

// Append appends the record as one JSON object, drawing its ids from d.
func (r *Record) Append(b []byte, d *dice.Dice) []byte {
	b = append(b, `{"eventVersion":"1.`...)
	b = append(b, r.version()...)
	b = append(b, `","userIdentity":`...)
	b = r.Actor.append(b)
	b = append(b, `,"eventTime":"`...)
	b = appendTime(b, r.Time)
	b = append(b, `","eventSource":"`...)
	b = append(append(b, r.Source...), `.amazonaws.com","eventName":"`...)
	b = append(append(b, r.Name...), `","awsRegion":"`...)
	b = append(append(b, r.Region...), `","sourceIPAddress":"`...)
	b = append(append(b, r.From...), `","userAgent":`...)
	b = appendString(b, r.Agent)
	if r.ErrorCode != "" {
		b = appendString(append(b, `,"errorCode":`...), r.ErrorCode)
	}
	if r.ErrorMessage != "" {
		b = appendString(append(b, `,"errorMessage":`...), r.ErrorMessage)
	}
	b = append(append(b, `,"requestParameters":`...), orNull(r.Request)...)
	b = append(append(b, `,"responseElements":`...), orNull(r.Response)...)
	if r.Additional != "" {
		b = append(append(b, `,"additionalEventData":`...), r.Additional...)
	}
	b = r.appendIDs(b, d)
	b = r.appendResources(b)
	return r.appendEnd(b)
}

// version varies with the service, as it does in AWS.
func (r *Record) version() string {
	switch {
	case r.Host == "" && r.Source != "s3":
		return "08"
	case r.Source == "kms" || r.Source == "s3" || r.Source == "ec2":
		return "11"
	}
	return "09"
}

func (r *Record) appendIDs(b []byte, d *dice.Dice) []byte {
	switch {
	case r.Type == ServiceEvent || r.Type == ConsoleSignIn: // these have no request
	case r.Source == "s3":
		b = append(append(append(b, `,"requestID":"`...), d.Code(16)...), '"')
	default:
		b = append(d.AppendUUID(append(b, `,"requestID":"`...)), '"')
	}
	if r.ID == "" {
		r.ID = d.UUID()
	}
	b = append(append(b, `,"eventID":"`...), r.ID...)
	if r.ReadOnly {
		return append(b, `","readOnly":true`...)
	}
	return append(b, `","readOnly":false`...)
}

func (r *Record) appendResources(b []byte) []byte {
	if len(r.Resources) == 0 {
		return b
	}
	b = append(b, `,"resources":[`...)
	for i, res := range r.Resources {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if res.Account != "" {
			b = append(append(append(b, `"accountId":"`...), res.Account...), `",`...)
		}
		b = append(append(b, `"type":"`...), res.Type...)
		b = append(append(append(b, `","ARN":"`...), res.ARN...), `"}`...)
	}
	return append(b, ']')
}

// The values of eventType.
const (
	APICall       = "AwsApiCall"
	ServiceEvent  = "AwsServiceEvent"
	ConsoleSignIn = "AwsConsoleSignIn"
)

func (r *Record) appendEnd(b []byte) []byte {
	if r.Type == "" {
		r.Type = APICall
	}
	b = append(append(append(b, `,"eventType":"`...), r.Type...), '"')
	if r.Data {
		b = append(b, `,"managementEvent":false`...)
	} else {
		b = append(b, `,"managementEvent":true`...)
	}
	if r.Account == "" {
		r.Account = r.Actor.Account
	}
	b = append(append(append(b, `,"recipientAccountId":"`...), r.Account...), '"')
	if r.Shared != "" {
		b = append(append(append(b, `,"sharedEventID":"`...), r.Shared...), '"')
	}
	if r.Endpoint != "" {
		b = append(append(b, `,"vpcEndpointId":"`...), r.Endpoint...)
		b = append(append(append(b, `","vpcEndpointAccountId":"`...), r.Account...), '"')
	}
	if r.Details != "" {
		b = append(append(b, `,"serviceEventDetails":`...), r.Details...)
	}
	if r.Data {
		b = append(b, `,"eventCategory":"Data"`...)
	} else {
		b = append(b, `,"eventCategory":"Management"`...)
	}
	b = r.appendTLS(b)
	if r.Console {
		b = append(b, `,"sessionCredentialFromConsole":"true"`...)
	}
	return append(b, '}')
}

func (r *Record) appendTLS(b []byte) []byte {
	if r.Host == "" {
		return b
	}
	b = append(b, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`...)
	return append(append(b, r.Host...), `"}`...)
}

func orNull(json string) string {
	if json == "" {
		return "null"
	}
	return json
}

// appendString appends s as a JSON string. What the studio writes is ASCII.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte { return t.AppendFormat(b, "2006-01-02T15:04:05Z") }

// When is a time as it stands in requests and responses of many services.
func When(t time.Time) string { return t.Format("Jan 2, 2006, 3:04:05 PM") }
