package aws

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// kindOfCode is the kind of an error code, as the API references of the services list
// them under common errors.
func kindOfCode(code string) Kind {
	switch code {
	case "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
		"UnauthorizedOperation", "Forbidden", "NotAuthorized", "KMS.AccessDeniedException", "KmsAccessDenied", "OptInRequired":
		return Denied
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired":
		return Expired
	case "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "InvalidAccessKeyId", "SignatureDoesNotMatch",
		"InvalidSignatureException", "InvalidToken", "AuthFailure", "IncompleteSignature",
		"IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "InvalidSecurity":
		return BadCredentials
	case "RequestTimeTooSkewed", "RequestInTheFuture":
		return WrongClock
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "RegionDisabledException":
		return WrongRegion
	case "NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NotFound", "ResourceNotFoundException", "QueueDoesNotExist",
		"AWS.SimpleQueueService.NonExistentQueue", "NoSuchUpload":
		return NotFound
	case "SlowDown", "ThrottledException": // both are missing from the SDK's own list in some releases
		return Throttled
	}
	if _, throttle := retry.DefaultThrottleErrorCodes[code]; throttle {
		return Throttled
	}
	return Other
}

// prefixes are IAM's names of services where they are not the SDK's in lower case.
var prefixes = map[string]string{
	"CloudWatch Logs": "logs", "Config Service": "config", "EventBridge": "events", "Elasticsearch Service": "es",
}

// permissions are the operations of S3 that need another permission than their name.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var permissions = map[string]string{
	"s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjects": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket",
	"s3:ListObjectVersions": "s3:ListBucketVersions", "s3:ListBuckets": "s3:ListAllMyBuckets", "s3:UploadPart": "s3:PutObject",
	"s3:CreateMultipartUpload": "s3:PutObject", "s3:CompleteMultipartUpload": "s3:PutObject", "s3:DeleteObjects": "s3:DeleteObject",
	"sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility", "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
	"sqs:SendMessageBatch": "sqs:SendMessage",
}

// permission is what IAM calls an operation.
func permission(service, operation string) string {
	prefix := prefixes[service]
	if prefix == "" {
		prefix = strings.ToLower(strings.ReplaceAll(service, " ", ""))
	}
	name := prefix + ":" + operation
	if other := permissions[name]; other != "" {
		return other
	}
	return name
}

// proper returns an action as IAM writes it, where AWS's message says it all in
// lower case ("sqs:receivemessage").
func proper(action, own string) string {
	all := []string{own}
	for _, p := range permissions {
		all = append(all, p)
	}
	if i := slices.IndexFunc(all, func(p string) bool { return strings.EqualFold(p, action) }); i >= 0 {
		return all[i]
	}
	return action
}
