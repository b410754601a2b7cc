package aws

import (
	"context"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// client returns the HTTP client of all sessions with this timeout.
func (p *Pool) client(timeout time.Duration) *awshttp.BuildableClient {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.http[timeout] == nil {
		p.http[timeout] = newClient(timeout)
	}
	return p.http[timeout]
}

// newClient is the SDK's own client but for two things: a silent connection is
// given up, and more of them are kept for the next request. It is of the SDK's
// type because an authority in AWS_CA_BUNDLE is added to no other.
func newClient(timeout time.Duration) *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 64
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &talkative{Conn: c, timeout: timeout}, nil
		}
	})
}

// talkative is a connection whose reads and writes fail after a silence. A time limit for
// a whole request would be wrong for either large objects or small answers.
type talkative struct {
	net.Conn
	timeout time.Duration
}

// Read fails when nothing comes for the timeout.
func (c *talkative) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil { //nolint:forbidigo // a deadline of the network is by the real clock
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write fails when nothing is taken for the timeout. From it on an answer has the
// whole timeout again: net/http began to read when the connection fell idle.
func (c *talkative) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil { //nolint:forbidigo // as in Read
		return 0, err
	}
	return c.Conn.Write(p)
}
