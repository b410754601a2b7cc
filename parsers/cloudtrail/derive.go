package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// Values that documents share.
var (
	aws          = ecs.Constant("aws")
	kindEvent    = ecs.Constant("event")
	tlsName      = ecs.Constant("tls")
	stream       = ecs.Stream(dataset)
	digestStream = ecs.Stream(digestDataset)

	kindAndModule = event.NewChunk(event.Field{Key: event.KeyEventKind, Value: kindEvent}, event.Field{Key: event.KeyEventModule, Value: aws})

	noTime = event.RawJSON([]byte(`["no_event_time"]`))
)

// timestamp is the record's own time. A record without one is still an event:
// it is filed under the time at which it was read, and tagged no_event_time.
func timestamp(ev *event.Event, _ *event.Scratch) event.Value {
	if ev.Time == 0 {
		return event.At(ev.Created)
	}
	if raw := ev.At(sEventTime); isCanonical(raw) {
		return escaped(text(raw))
	}
	return event.At(ev.Time)
}

// isCanonical reports whether a time that could be read stands in the form in
// which documents have it, so that it need not be made again.
func isCanonical(raw []byte) bool {
	return len(raw) == len(`"2006-01-02T15:04:05Z"`) && raw[len(raw)-2] == 'Z'
}

// login is a member of additionalEventData of a sign-in to the console.
func login(ev *event.Event, name string, s *event.Scratch) []byte {
	if string(word(ev, sEventName, s)) != "ConsoleLogin" {
		return nil
	}
	return field(ev.At(sAdditionalEventData), name)
}

// account is the actor's account, else the one that received the event.
func account(ev *event.Event) event.Value {
	if v := keyword(ev.At(sUserAccountID)); !v.IsNull() {
		return v
	}
	return keyword(ev.At(sRecipientAccountID))
}

// address is sourceIPAddress where it is an address and no service's name.
func address(ev *event.Event, s *event.Scratch) event.Value {
	if b := word(ev, sSourceIPAddress, s); isAddress(b) {
		return event.Value{Kind: event.Escaped, Bytes: b}
	}
	return event.Value{}
}

// tlsVersion is the number in TLSv1.3.
func tlsVersion(ev *event.Event, s *event.Scratch) []byte {
	version, _ := bytes.CutPrefix(word(ev, sTLSVersion, s), []byte("TLSv"))
	return version
}

func tlsProtocol(ev *event.Event, s *event.Scratch) event.Value {
	if bytes.HasPrefix(word(ev, sTLSVersion, s), []byte("TLSv")) {
		return tlsName
	}
	return event.Value{}
}

// userID is the principal's id; a user of Identity Center has one of its own.
func userID(ev *event.Event) event.Value {
	if v := keyword(ev.At(sUserPrincipalID)); !v.IsNull() {
		return v
	}
	return keyword(field(ev.At(sUserOnBehalfOf), "userId"))
}

// userName is the user's name, else that of the role or user behind the session.
func userName(ev *event.Event) event.Value {
	if v := keyword(ev.At(sUserName)); !v.IsNull() {
		return v
	}
	return keyword(ev.At(sIssuerUserName))
}

// form says what is made of a slot's JSON.
type form uint8

const (
	asKeyword form = iota
	asBoolean
	asDate
	asFlattened
)

// copiedField is an ECS field that is one slot of the record.
type copiedField struct {
	key  event.Key
	slot int
	form form
}

func (f copiedField) value(ev *event.Event, s *event.Scratch) event.Value {
	raw := ev.At(f.slot)
	if raw == nil {
		return event.Value{}
	}
	switch f.form {
	case asBoolean:
		return boolean(raw)
	case asDate:
		return date(raw)
	case asFlattened:
		return flattened(raw, s)
	}
	return keyword(raw)
}

// copied are all such fields, in key order.
var copied = []copiedField{
	{event.KeyAWSCloudtrailAPIVersion, sAPIVersion, asKeyword},
	{event.KeyAWSCloudtrailErrorCode, sErrorCode, asKeyword},
	{event.KeyAWSCloudtrailErrorMessage, sErrorMessage, asKeyword},
	{event.KeyAWSCloudtrailEventCategory, sEventCategory, asKeyword},
	{event.KeyAWSCloudtrailEventType, sEventType, asKeyword},
	{event.KeyAWSCloudtrailEventVersion, sEventVersion, asKeyword},
	{event.KeyAWSCloudtrailFlattenedAdditionalEventdata, sAdditionalEventData, asFlattened},
	{event.KeyAWSCloudtrailFlattenedInsightDetails, sInsightDetails, asFlattened},
	{event.KeyAWSCloudtrailFlattenedRequestParameters, sRequestParameters, asFlattened},
	{event.KeyAWSCloudtrailFlattenedResponseElements, sResponseElements, asFlattened},
	{event.KeyAWSCloudtrailFlattenedServiceEventDetails, sServiceEventDetails, asFlattened},
	{event.KeyAWSCloudtrailManagementEvent, sManagementEvent, asBoolean},
	{event.KeyAWSCloudtrailReadOnly, sReadOnly, asBoolean},
	{event.KeyAWSCloudtrailRecipientAccountID, sRecipientAccountID, asKeyword},
	{event.KeyAWSCloudtrailRequestID, sRequestID, asKeyword},
	{event.KeyAWSCloudtrailSessionCredentialFromConsole, sSessionFromConsole, asBoolean},
	{event.KeyAWSCloudtrailSharedEventID, sSharedEventID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityAccessKeyID, sUserAccessKeyID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityAccountID, sUserAccountID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityARN, sUserARN, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityIdentityProvider, sUserProvider, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityInvokedBy, sUserInvokedBy, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityPrincipalID, sUserPrincipalID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentitySessionContextCreationDate, sSessionCreated, asDate},
	{event.KeyAWSCloudtrailUserIdentitySessionContextMFAAuthenticated, sSessionMFA, asKeyword},
	{event.KeyAWSCloudtrailUserIdentitySessionContextSessionIssuerAccountID, sIssuerAccountID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentitySessionContextSessionIssuerARN, sIssuerARN, asKeyword},
	{event.KeyAWSCloudtrailUserIdentitySessionContextSessionIssuerPrincipalID, sIssuerPrincipalID, asKeyword},
	{event.KeyAWSCloudtrailUserIdentitySessionContextSessionIssuerType, sIssuerType, asKeyword},
	{event.KeyAWSCloudtrailUserIdentityType, sUserType, asKeyword},
	{event.KeyAWSCloudtrailVPCEndpointAccountID, sVpcEndpointAccountID, asKeyword},
	{event.KeyAWSCloudtrailVPCEndpointID, sVpcEndpointID, asKeyword},
	{event.KeyCloudRegion, sAwsRegion, asKeyword},
	{event.KeyEventID, sEventID, asKeyword},
	{event.KeySourceAddress, sSourceIPAddress, asKeyword},
	{event.KeyTLSCipher, sTLSCipher, asKeyword},
	{event.KeyTLSClientServerName, sTLSHost, asKeyword},
	{event.KeyUserAgentOriginal, sUserAgent, asKeyword},
}
