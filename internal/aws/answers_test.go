package aws

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// late is a connection whose writes return long after the server has them, as
// they do where the machine is busy.
type late struct{ net.Conn }

func (c late) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	time.Sleep(20 * time.Millisecond)
	return n, err
}

func TestAnAnswerThatOvertakesItsRequestIsNotLost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, `{"Messages":[{"MessageId":"1","Body":"news","MD5OfBody":"508c75c8507a2ae5223dfd2faeb98122"}]}`)
	}))
	defer server.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return late{c}, err
	}}
	defer transport.CloseIdleConnections()
	client := sqs.NewFromConfig(sdk.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
		HTTPClient: WholeAnswers(&http.Client{Transport: transport}),
		Retryer:    func() sdk.Retryer { return sdk.NopRetryer{} },
	})
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(queue)})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("the answer was lost: %v, %v", got, err)
	}
}
