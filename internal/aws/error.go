package aws

import "errors"

// Kind says what kind of failure an error is, for code that decides by it.
type Kind string

// The kinds of failure.
const (
	// Other is what none of the rest is.
	Other Kind = "other"
	// Denied is a permission that is missing, or a role that may not be assumed.
	Denied Kind = "denied"
	// Expired credentials could not be renewed.
	Expired Kind = "expired"
	// NoCredentials were found at all.
	NoCredentials Kind = "no credentials"
	// BadCredentials are unknown to AWS or sign wrongly.
	BadCredentials Kind = "bad credentials"
	// WrongClock is a clock of ours that AWS does not believe.
	WrongClock Kind = "wrong clock"
	// WrongRegion is a resource that lives elsewhere.
	WrongRegion Kind = "wrong region"
	// NotFound is a resource that does not exist.
	NotFound Kind = "not found"
	// Throttled requests failed as often as they were tried.
	Throttled Kind = "throttled"
	// Unreachable is an endpoint that could not be reached, or fell silent.
	Unreachable Kind = "unreachable"
	// Unavailable is a service that answered with a fault of its own (5xx) each time.
	Unavailable Kind = "unavailable"
)

// Error is a failure of AWS in one sentence.
type Error struct {
	Kind Kind
	// Service and Operation are as the SDK names them, "SQS" and "ReceiveMessage".
	Service, Operation string
	// Permission is what IAM calls the operation, sqs:ReceiveMessage; with
	// Denied it may be another than the operation's own, such as kms:Decrypt.
	Permission string
	// Resource is the queue, bucket, key, group or role of the request, or the
	// one that AWS names.
	Resource string
	// Who asked: a role with its account, a user, or where credentials came from.
	Who string
	// Region is where it was asked.
	Region string
	// Code is AWS's own, "" where no answer came.
	Code string
	// Err is the SDK's error.
	Err error

	sentence string
}

// NewError is an error of a kind, for stand-ins of AWS in the tests of sources and
// sinks. Those of clients are made where requests are.
func NewError(kind Kind, sentence string) *Error { return &Error{Kind: kind, sentence: sentence} }

// Error is one sentence that a systems engineer can act on. It may quote AWS's
// words, and so names that others chose.
func (e *Error) Error() string { return e.sentence }

// Unwrap is the SDK's error.
func (e *Error) Unwrap() error { return e.Err }

// Explain returns the [Error] within what a client returned, without the words
// that the SDK puts around it, or err itself where there is none.
func Explain(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return err
}

// KindOf is the kind of a client's error, Other where it is none of ours.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Other
}
