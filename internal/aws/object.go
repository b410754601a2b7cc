package aws

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/auth"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Objects is AWS's client of S3 with a shorter way to whole objects. The client builds
// some fifty steps for each request, which for the small objects that most logs
// are written in takes as long as to unpack them. The short way makes the same
// request, signed by AWS's signer and sent to the host that AWS's resolver names;
// it is for what a source asks nearly always, and knows success alone. Whatever
// else is answered, the client asks again, with its retries and our explanations.
type Objects struct {
	*s3.Client
	session *Session
	options s3.Options
	signer  *v4.Signer

	mu    sync.Mutex
	hosts map[string]*host // by bucket
	// resting is until when the client does it all: after a failure, in nanoseconds
	// since 1970.
	resting atomic.Int64
}

// host is where a bucket is asked for; region is that of the signature, "" where
// the client must ask.
type host struct {
	url    url.URL
	region string
}

const (
	// restAfter is how long after a failure the client does it all, so that where
	// something is wrong hardly any request is made twice.
	restAfter = time.Minute
	// mostHosts bounds the buckets that are remembered.
	mostHosts = 1000
	// ofNothing is the hash of an empty body.
	ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Objects is a client of S3 that gets objects the short way. A body's connection
// that falls silent fails its Read.
func (s *Session) Objects() *Objects {
	c := s.S3()
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return &Objects{Client: c, session: s, options: c.Options(), signer: signer, hosts: map[string]*host{}}
}

// GetObject is the client's. Of a whole object that was asked for without its
// checksum, the output is body, length and ETag.
func (c *Objects) GetObject(ctx context.Context, in *s3.GetObjectInput, with ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	plain := s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key}
	now := time.Now() //nolint:forbidigo // AWS compares what is signed with the real clock
	if len(with) == 0 && *in == plain && in.Bucket != nil && in.Key != nil && now.UnixNano() > c.resting.Load() {
		if out := c.short(ctx, *in.Bucket, *in.Key, now); out != nil {
			return out, nil
		}
	}
	return c.Client.GetObject(ctx, in, with...)
}

// short asks for an object; nil where the client must.
func (c *Objects) short(ctx context.Context, bucket, key string, now time.Time) *s3.GetObjectOutput {
	h := c.host(ctx, bucket)
	if h.region == "" || key == "" {
		return nil
	}
	done, err := c.session.pool.limits.of(c.session.limitKey(s3.ServiceID, "GetObject")).acquire(ctx)
	if err != nil {
		return nil
	}
	res, err := c.send(ctx, h, key, now)
	if err == nil && res.StatusCode == http.StatusOK {
		_ = done(nil)
		return outputOf(res)
	}
	if err == nil {
		_, _ = io.CopyN(io.Discard, res.Body, 4<<10) // so that the connection serves again
		_ = res.Body.Close()
	}
	_ = done(nil) // the client's own attempt tells the limiter
	if ctx.Err() == nil {
		c.resting.Store(now.Add(restAfter).UnixNano())
	}
	return nil
}

func outputOf(res *http.Response) *s3.GetObjectOutput {
	out := &s3.GetObjectOutput{Body: res.Body}
	if res.ContentLength >= 0 {
		out.ContentLength = &res.ContentLength
	}
	if tag := res.Header.Get("ETag"); tag != "" {
		out.ETag = &tag
	}
	return out
}

// send makes the request.
func (c *Objects) send(ctx context.Context, h *host, key string, now time.Time) (*http.Response, error) {
	who, err := c.session.chain.cache.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	at := h.url
	at.Path = smithyhttp.JoinPath(h.url.Path, "/"+key)
	at.RawPath = smithyhttp.JoinPath(h.url.EscapedPath(), "/"+httpbinding.EscapePath(key, false))
	r := (&http.Request{Method: http.MethodGet, URL: &at, Host: at.Host, Header: http.Header{
		"Accept-Encoding":      {"identity"}, // what is stored packed comes as it is stored
		"User-Agent":           {"burstwatch"},
		"X-Amz-Content-Sha256": {ofNothing},
	}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if err := c.signer.SignHTTP(ctx, who, r, ofNothing, "s3", h.region, now); err != nil {
		return nil, err
	}
	return c.options.HTTPClient.Do(r)
}

// host is where the bucket is asked for.
func (c *Objects) host(ctx context.Context, bucket string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[bucket]
	if h == nil {
		if len(c.hosts) >= mostHosts {
			clear(c.hosts)
		}
		h = c.resolve(ctx, bucket)
		c.hosts[bucket] = h
	}
	return h
}

// resolve asks AWS's resolver. Access points, express buckets and what else is
// signed in another way are left to the client.
func (c *Objects) resolve(ctx context.Context, bucket string) *host {
	o := &c.options
	end, err := o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: &bucket, Region: &o.Region, Endpoint: o.BaseEndpoint,
		UseFIPS:        sdk.Bool(o.EndpointOptions.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled),
		UseDualStack:   sdk.Bool(o.EndpointOptions.UseDualStackEndpoint == sdk.DualStackEndpointStateEnabled),
		ForcePathStyle: &o.UsePathStyle, Accelerate: &o.UseAccelerate, UseArnRegion: &o.UseARNRegion,
		DisableMultiRegionAccessPoints: &o.DisableMultiRegionAccessPoints,
	})
	if err != nil || len(end.Headers) > 0 || strings.Contains(bucket, ":") {
		return &host{}
	}
	schemes, _ := auth.GetAuthOptions(&end.Properties)
	if len(schemes) != 1 || schemes[0].SchemeID != "sigv4" {
		return &host{}
	}
	name, _ := smithyhttp.GetSigV4SigningName(&schemes[0].SignerProperties)
	region, _ := smithyhttp.GetSigV4SigningRegion(&schemes[0].SignerProperties)
	if name != "s3" {
		return &host{}
	}
	return &host{end.URI, region}
}
