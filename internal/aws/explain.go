package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// explain makes every error of a client an [Error]. It stands behind the step
// that tells the operation's name and outside the retries.
func (s *Session) explain(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("BurstwatchExplain",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if err != nil && ctx.Err() == nil {
				err = s.asError(ctx, in.Parameters, err)
			}
			return out, metadata, err
		}), middleware.After)
}

// asError finds the words for an error of a request with this input.
func (s *Session) asError(ctx context.Context, input any, err error) error {
	var inner *Error
	if errors.As(err, &inner) {
		return err // the credentials failed: that is the cause, and says so
	}
	e := &Error{
		Kind: Other, Service: awsmiddleware.GetServiceID(ctx), Operation: awsmiddleware.GetOperationName(ctx),
		Resource: resource(input), Who: s.chain.who, Region: s.config.Region, Err: err,
	}
	e.Permission = permission(e.Service, e.Operation)
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		e.Code = api.ErrorCode()
		e.answered(s, api, input)
	case unreachable(err):
		e.Kind = Unreachable
		e.sentence = fmt.Sprintf("%s of AWS in %s does not answer (%s): %v", e.Service, e.Region, e.Permission, root(err))
	default:
		e.unreadable(s)
	}
	return e
}

// unreadable finds the words for an answer that is not of AWS's form, such as a
// proxy's page: its status is all there is to go by.
func (e *Error) unreadable(s *Session) {
	status := statusOf(e.Err)
	switch {
	case status == http.StatusForbidden:
		e.Kind = Denied
		e.denied(s, "")
		return
	case status == http.StatusTooManyRequests:
		e.Kind = Throttled
	case status >= http.StatusInternalServerError:
		e.Kind = Unavailable
	}
	e.sentence = fmt.Sprintf("%s%s for %s in %s failed: %v", e.Permission, on(e.Resource), e.Who, e.Region, e.Err)
}

// answered finds the words for what AWS answered.
func (e *Error) answered(s *Session, api smithy.APIError, input any) {
	e.Kind = kindOfCode(e.Code)
	message := strings.TrimSuffix(strings.TrimSpace(api.ErrorMessage()), ".")
	if strings.Contains(message, "Signature expired") || strings.Contains(message, "Signature not yet current") {
		e.Kind = WrongClock
	}
	status := statusOf(e.Err)
	if e.Kind == Other && status >= http.StatusInternalServerError {
		e.Kind = Unavailable
	}
	if elsewhere := s.elsewhere(e, message, input); elsewhere != "" {
		e.Kind = WrongRegion
		e.sentence = fmt.Sprintf("%s is in %s, and was asked for in %s: set the region (%s)", e.subject(), elsewhere, e.Region, e.Permission)
		return
	}
	switch e.Kind {
	case Denied:
		e.denied(s, message)
	case Expired:
		e.sentence = fmt.Sprintf("%s has credentials that have expired (%s%s in %s): renew them", e.Who, e.Permission, on(e.Resource), e.Region)
	case BadCredentials:
		e.sentence = fmt.Sprintf("AWS does not accept the credentials of %s (%s%s in %s): %s", e.Who, e.Permission, on(e.Resource), e.Region, message)
	case WrongClock:
		e.sentence = fmt.Sprintf("AWS does not accept the time of this machine's clock (%s in %s): %s", e.Permission, e.Region, message)
	case NotFound:
		e.sentence = fmt.Sprintf("%s does not exist in %s, or not for %s (%s): %s", e.subject(), e.Region, e.Who, e.Permission, message)
	case Throttled:
		e.sentence = fmt.Sprintf("AWS throttles %s%s for %s in %s: %s", e.Permission, on(e.Resource), e.Who, e.Region, message)
	default:
		e.sentence = fmt.Sprintf("%s%s for %s in %s failed: %s: %s", e.Permission, on(e.Resource), e.Who, e.Region, e.Code, message)
	}
}

// notAuthorized is how AWS words a denial; services differ in quotes and case.
var notAuthorized = regexp.MustCompile(`(?i)User: (\S+) is not authorized to perform: ([\w-]+:\w+\*?)(?: on (?:the )?resource: "?([^\s"]+)"?)?(?: (because .*|with an explicit deny.*))?`)

// denied finds the words for a denial.
func (e *Error) denied(s *Session, message string) {
	because := ""
	if m := notAuthorized.FindStringSubmatch(message); m != nil {
		e.Who, e.Permission = principal(m[1]), proper(m[2], e.Permission)
		if m[3] != "" {
			e.Resource = m[3]
		}
		because = ": " + m[4]
	}
	if strings.EqualFold(e.Permission, "sts:AssumeRole") {
		e.sentence = fmt.Sprintf("%s may not assume %s: %s", e.Who, e.Resource, s.trust(e.Resource))
		return
	}
	switch {
	case because == "" && e.Permission == "s3:GetObject":
		because = ": give it the permission; where it lacks s3:ListBucket too, the object may also be gone, which S3 does not tell"
	case because == "" || because == ": ":
		because = ": give it the permission, in its own policies and in the resource's where the accounts differ"
	}
	e.sentence = fmt.Sprintf("%s may not do %s%s in %s%s", e.Who, e.Permission, on(e.Resource), e.Region, because)
}

// trust says what may be wrong with assuming a role. AWS does not tell which.
func (s *Session) trust(arn string) string {
	given := "none was given"
	for _, r := range s.options.AssumeRole {
		if r.RoleARN == arn && r.ExternalID != "" {
			given = "one was given"
		}
	}
	return "its trust policy does not name us, our own policies lack sts:AssumeRole on it, or the external id is not the one that it asks for (" + given + ")"
}

// principal is an ARN as sentences name it.
func principal(arn string) string {
	part := strings.SplitN(arn, ":", 6)
	if len(part) < 6 {
		return arn
	}
	kind, name, _ := strings.Cut(part[5], "/")
	if kind == "assumed-role" {
		kind, name = "role", name[:max(strings.LastIndexByte(name, '/'), 0)]
	}
	return strings.TrimSpace(kind+" "+name) + " of account " + part[4]
}

var (
	expecting = regexp.MustCompile(`expecting '([a-z0-9-]+)'`)
	queueHost = regexp.MustCompile(`^https://sqs\.([a-z0-9-]+)\.amazonaws\.com`)
)

// elsewhere is the region where the resource is, if that is another than the
// one that was asked, else "".
func (s *Session) elsewhere(e *Error, message string, input any) string {
	region := ""
	if m := expecting.FindStringSubmatch(message); m != nil {
		region = m[1]
	}
	if m := queueHost.FindStringSubmatch(field(input, "QueueUrl")); m != nil && e.Kind == NotFound {
		region = m[1]
	}
	var res *smithyhttp.ResponseError
	if errors.As(e.Err, &res) && res.Response != nil && e.Kind == WrongRegion || statusOf(e.Err) == http.StatusMovedPermanently {
		if got := res.Response.Header.Get("X-Amz-Bucket-Region"); got != "" {
			region = got
		}
	}
	switch {
	case region == s.config.Region:
		return ""
	case region == "" && e.Kind == WrongRegion:
		return "another region"
	}
	return region
}

func statusOf(err error) int {
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) && res.Response != nil {
		return res.HTTPStatusCode()
	}
	return 0
}

// unreachable tells that no answer came.
func unreachable(err error) bool {
	var network net.Error
	var sending *smithyhttp.RequestSendError
	return errors.As(err, &network) || errors.As(err, &sending)
}

// root is the innermost error, without the SDK's words around it.
func root(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// resource is what an operation is about, from the fields of its input.
func resource(input any) string {
	if bucket := field(input, "Bucket"); bucket != "" {
		if key := field(input, "Key"); key != "" {
			return "s3://" + bucket + "/" + key
		}
		return "bucket " + bucket
	}
	for _, f := range []struct{ name, what string }{
		{"QueueUrl", "queue "}, {"QueueName", "queue "}, {"LogGroupIdentifier", "log group "}, {"LogGroupName", "log group "},
		{"LogGroupNamePrefix", "log groups "}, {"RoleArn", ""}, {"TopicArn", ""}, {"StreamName", "stream "},
	} {
		if v := field(input, f.name); v != "" {
			return f.what + v
		}
	}
	return ""
}

// field is a field of an operation's input that is a *string.
func field(input any, name string) string {
	v := reflect.Indirect(reflect.ValueOf(input))
	if v.Kind() != reflect.Struct {
		return ""
	}
	f := v.FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[*string]() || f.IsNil() {
		return ""
	}
	return f.Elem().String()
}

func on(resource string) string {
	if resource == "" {
		return ""
	}
	return " on " + resource
}

// subject is the resource as a sentence begins with it.
func (e *Error) subject() string {
	if e.Resource == "" {
		return "what " + e.Permission + " asks for"
	}
	return e.Resource
}
