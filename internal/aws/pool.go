package aws

import (
	"context"
	"fmt"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Pool is what the sessions of one process share: credentials, connections and
// rate limits. It is safe for concurrent use.
type Pool struct {
	mu     sync.Mutex
	chains map[string]*chain // by what they are made of
	http   map[time.Duration]*awshttp.BuildableClient
	limits limits
	// backoff is the SDK's own but in tests.
	backoff retry.BackoffDelayer
}

// NewPool makes a pool of its own. Plugins use [PoolOf].
func NewPool() *Pool {
	return &Pool{chains: map[string]*chain{}, http: map[time.Duration]*awshttp.BuildableClient{}}
}

// PoolOf is the pool of the process that env belongs to.
func PoolOf(env plugin.Env) *Pool { return plugin.Share(env, NewPool) }

// Session makes a session of validated options. It asks AWS for nothing but
// reads the shared configuration files: a role that cannot be assumed is seen at
// the first request, or by [Session.Identity].
func (p *Pool) Session(ctx context.Context, o Options) (*Session, error) {
	c, err := p.chain(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Session{options: o, chain: c, pool: p}
	s.config = c.base.Copy()
	s.config.Credentials = c.cache
	s.configure()
	return s, nil
}

// chain returns the credentials of the options, those of another session if it has the same.
func (p *Pool) chain(ctx context.Context, o Options) (*chain, error) {
	key := fmt.Sprintf("%q %q %q %q", o.Profile, o.Region, o.Endpoint, o.AssumeRole)
	p.mu.Lock()
	c := p.chains[key]
	p.mu.Unlock()
	if c != nil {
		return c, nil
	}
	base, err := p.base(ctx, o)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chains[key] == nil {
		p.chains[key] = p.newChain(base, o)
	}
	return p.chains[key], nil
}

// base is what the environment, the shared files and the options say.
func (p *Pool) base(ctx context.Context, o Options) (sdk.Config, error) {
	with := []func(*config.LoadOptions) error{
		config.WithHTTPClient(p.client(o.Timeout)),
		// It writes to standard error, past our log and what is taken out of that.
		config.WithLogger(logging.Nop{}),
	}
	if o.Region != "" {
		with = append(with, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		with = append(with, config.WithSharedConfigProfile(o.Profile))
	}
	base, err := config.LoadDefaultConfig(ctx, with...)
	if err != nil {
		return sdk.Config{}, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if base.Region == "" {
		return sdk.Config{}, plugin.FieldError{Key: "region", Reason: "is needed: neither the environment nor a profile names one"}
	}
	base.HTTPClient = WholeAnswers(base.HTTPClient)
	if o.Endpoint != "" {
		base.BaseEndpoint = sdk.String(o.Endpoint)
	}
	return base, nil
}
