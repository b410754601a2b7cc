package aws

import (
	"io"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// WholeAnswers returns c but for a fault of the SDK by which, now and then, a
// busy machine loses the answer to a request that was carried out ("use of
// closed network connection", aws-sdk-go-v2 issue 1825): messages that SQS
// gave are hidden until their visibility ends.
//
// The SDK closes a request's body as soon as the head of the answer is there.
// net/http may not have asked that body for its end yet. A closed body answers
// Read with io.EOF, as it should; but it is an io.WriterTo too, which net/http
// prefers, and answers WriteTo with io.EOF, where nil is meant. net/http takes
// that for a request that failed, and closes the connection under the answer.
// So the body is shown to net/http as one that can only be read.
func WholeAnswers(c sdk.HTTPClient) sdk.HTTPClient { return wholeAnswers{c} }

type wholeAnswers struct{ sdk.HTTPClient }

// Do sends the request. The caller's own is not touched: the SDK closes its body.
func (c wholeAnswers) Do(r *http.Request) (*http.Response, error) {
	// NoBody is told by its identity from a body of unknown length.
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	readable := *r
	readable.Body = struct{ io.ReadCloser }{r.Body}
	return c.HTTPClient.Do(&readable)
}
