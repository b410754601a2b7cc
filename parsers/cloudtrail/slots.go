package cloudtrail

// Slots of an aws.cloudtrail event: the fields whose spans are found in the one
// pass over a record. A span holds the value as it stands, quotes included; a
// null has none.
const (
	sBody    = iota // the CloudTrail object: the record, or the detail of an EventBridge event
	sOther          // the last member that has no slot of its own; of no use
	sWrapped        // "detail" of an EventBridge event
	sDetailType
	sBusSource

	sEventVersion
	sEventTime
	sEventSource
	sEventName
	sAwsRegion
	sSourceIPAddress
	sUserAgent
	sErrorCode
	sErrorMessage
	sRequestParameters
	sResponseElements
	sAdditionalEventData
	sRequestID
	sEventID
	sEventType
	sAPIVersion
	sManagementEvent
	sReadOnly
	sResources
	sRecipientAccountID
	sServiceEventDetails
	sSharedEventID
	sVpcEndpointID
	sVpcEndpointAccountID
	sEventCategory
	sAddendum
	sSessionFromConsole
	sEdgeDeviceDetails
	sInsightDetails
	sEventContext

	sTLSDetails
	sTLSVersion
	sTLSCipher
	sTLSHost

	sUserIdentity
	sUserType
	sUserPrincipalID
	sUserARN
	sUserAccountID
	sUserAccessKeyID
	sUserName
	sUserInvokedBy
	sUserProvider
	sUserOnBehalfOf
	sUserCredentialID

	sSession
	sSessionSourceIdentity
	sSessionFederation
	sIssuer
	sIssuerType
	sIssuerPrincipalID
	sIssuerARN
	sIssuerAccountID
	sIssuerUserName
	sAttributes
	sSessionCreated
	sSessionMFA

	slotCount
)

// Slots of an aws.cloudtrail_digest event.
const (
	dBody = iota
	dOther
	dAccountID
	dStartTime
	dEndTime
	dBucket
	dObject
	dFingerprint
	dAlgorithm
	dPreviousBucket
	dPreviousObject
	dPreviousHash
	dLogFiles

	digestSlots
)

// wrap says that a member of an outermost object is an array of records, and
// how each of its elements holds one.
type wrap uint8

const (
	noWrap   wrap = iota
	records       // the elements are the records
	messages      // objects whose "message" is the record as a string: CloudWatch Logs
	lookups       // objects whose "CloudTrailEvent" is the record as a string: LookupEvents
)

// Numbers of the nodes, for what the scanner remembers of each.
const (
	recordNumber = iota
	tlsNumber
	userNumber
	sessionNumber
	issuerNumber
	attributesNumber
	digestNumber
	nodes
)

// recordNode knows the members of a CloudTrail record and of what may stand
// around one.
var recordNode = newNode(recordNumber,
	member{"eventVersion", sEventVersion, nil, noWrap},
	member{"userIdentity", sUserIdentity, userNode, noWrap},
	member{"eventTime", sEventTime, nil, noWrap},
	member{"eventSource", sEventSource, nil, noWrap},
	member{"eventName", sEventName, nil, noWrap},
	member{"awsRegion", sAwsRegion, nil, noWrap},
	member{"sourceIPAddress", sSourceIPAddress, nil, noWrap},
	member{"userAgent", sUserAgent, nil, noWrap},
	member{"errorCode", sErrorCode, nil, noWrap},
	member{"errorMessage", sErrorMessage, nil, noWrap},
	member{"requestParameters", sRequestParameters, nil, noWrap},
	member{"responseElements", sResponseElements, nil, noWrap},
	member{"additionalEventData", sAdditionalEventData, nil, noWrap},
	member{"requestID", sRequestID, nil, noWrap},
	member{"eventID", sEventID, nil, noWrap},
	member{"eventType", sEventType, nil, noWrap},
	member{"apiVersion", sAPIVersion, nil, noWrap},
	member{"managementEvent", sManagementEvent, nil, noWrap},
	member{"readOnly", sReadOnly, nil, noWrap},
	member{"resources", sResources, nil, noWrap},
	member{"recipientAccountId", sRecipientAccountID, nil, noWrap},
	member{"serviceEventDetails", sServiceEventDetails, nil, noWrap},
	member{"sharedEventID", sSharedEventID, nil, noWrap},
	member{"vpcEndpointId", sVpcEndpointID, nil, noWrap},
	member{"vpcEndpointAccountId", sVpcEndpointAccountID, nil, noWrap},
	member{"eventCategory", sEventCategory, nil, noWrap},
	member{"addendum", sAddendum, nil, noWrap},
	member{"sessionCredentialFromConsole", sSessionFromConsole, nil, noWrap},
	member{"edgeDeviceDetails", sEdgeDeviceDetails, nil, noWrap},
	member{"insightDetails", sInsightDetails, nil, noWrap},
	member{"eventContext", sEventContext, nil, noWrap},
	member{"tlsDetails", sTLSDetails, tlsNode, noWrap},
	member{"detail", sWrapped, nil, noWrap},
	member{"detail-type", sDetailType, nil, noWrap},
	member{"source", sBusSource, nil, noWrap},
	member{"Records", sOther, nil, records},
	member{"logEvents", sOther, nil, messages},
	member{"events", sOther, nil, messages},
	member{"Events", sOther, nil, lookups},
)

var tlsNode = newNode(tlsNumber,
	member{"tlsVersion", sTLSVersion, nil, noWrap},
	member{"cipherSuite", sTLSCipher, nil, noWrap},
	member{"clientProvidedHostHeader", sTLSHost, nil, noWrap},
)

var userNode = newNode(userNumber,
	member{"type", sUserType, nil, noWrap},
	member{"principalId", sUserPrincipalID, nil, noWrap},
	member{"arn", sUserARN, nil, noWrap},
	member{"accountId", sUserAccountID, nil, noWrap},
	member{"accessKeyId", sUserAccessKeyID, nil, noWrap},
	member{"userName", sUserName, nil, noWrap},
	member{"sessionContext", sSession, sessionNode, noWrap},
	member{"invokedBy", sUserInvokedBy, nil, noWrap},
	member{"identityProvider", sUserProvider, nil, noWrap},
	member{"onBehalfOf", sUserOnBehalfOf, nil, noWrap},
	member{"credentialId", sUserCredentialID, nil, noWrap},
)

var sessionNode = newNode(sessionNumber,
	member{"sessionIssuer", sIssuer, issuerNode, noWrap},
	member{"webIdFederationData", sSessionFederation, nil, noWrap},
	member{"attributes", sAttributes, attributesNode, noWrap},
	member{"sourceIdentity", sSessionSourceIdentity, nil, noWrap},
)

var issuerNode = newNode(issuerNumber,
	member{"type", sIssuerType, nil, noWrap},
	member{"principalId", sIssuerPrincipalID, nil, noWrap},
	member{"arn", sIssuerARN, nil, noWrap},
	member{"accountId", sIssuerAccountID, nil, noWrap},
	member{"userName", sIssuerUserName, nil, noWrap},
)

var attributesNode = newNode(attributesNumber,
	member{"creationDate", sSessionCreated, nil, noWrap},
	member{"mfaAuthenticated", sSessionMFA, nil, noWrap},
)

// digestNode knows the members of a digest file.
var digestNode = newNode(digestNumber,
	member{"awsAccountId", dAccountID, nil, noWrap},
	member{"digestStartTime", dStartTime, nil, noWrap},
	member{"digestEndTime", dEndTime, nil, noWrap},
	member{"digestS3Bucket", dBucket, nil, noWrap},
	member{"digestS3Object", dObject, nil, noWrap},
	member{"digestPublicKeyFingerprint", dFingerprint, nil, noWrap},
	member{"digestSignatureAlgorithm", dAlgorithm, nil, noWrap},
	member{"previousDigestS3Bucket", dPreviousBucket, nil, noWrap},
	member{"previousDigestS3Object", dPreviousObject, nil, noWrap},
	member{"previousDigestHashValue", dPreviousHash, nil, noWrap},
	member{"logFiles", dLogFiles, nil, noWrap},
)
