package aws

import (
	"context"
	"errors"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// chain is where credentials come from: the base's own, then each role in turn.
type chain struct {
	base  sdk.Config
	cache *sdk.CredentialsCache
	// who the credentials belong to, for sentences and limits.
	who, account string
}

// renewal is how long before their end credentials are renewed, less up to half
// of it, so that a fleet does not renew at the same second.
const renewal = 5 * time.Minute

func (p *Pool) newChain(base sdk.Config, o Options) *chain {
	c := &chain{base: base, who: "the default credentials"}
	if o.Profile != "" {
		c.who = "profile " + o.Profile
	}
	c.cache = cached(lookup{base.Credentials, c.who})
	for i := range o.AssumeRole {
		c = p.assume(c, o, &o.AssumeRole[i])
	}
	return c
}

// assume adds a role to a chain. Its STS client is a session of the chain so
// far, so that its errors explain themselves too.
func (p *Pool) assume(by *chain, o Options, r *Role) *chain {
	s := &Session{options: o, chain: by, pool: p, config: by.base.Copy()}
	s.config.Credentials = by.cache
	s.configure()
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(s.config), r.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName, a.Duration = "burstwatch", time.Hour
		if r.SessionName != "" {
			a.RoleSessionName = r.SessionName
		}
		if r.Duration != 0 {
			a.Duration = r.Duration
		}
		if r.ExternalID != "" {
			a.ExternalID = &r.ExternalID
		}
	})
	return &chain{base: by.base, cache: cached(provider), who: r.name(), account: r.account()}
}

func cached(p sdk.CredentialsProvider) *sdk.CredentialsCache {
	return sdk.NewCredentialsCache(p, func(o *sdk.CredentialsCacheOptions) {
		o.ExpiryWindow, o.ExpiryWindowJitterFrac = renewal, 0.5
	})
}

// lookup is the SDK's own search for credentials, its failure in our words.
type lookup struct {
	sdk.CredentialsProvider
	who string
}

// Retrieve looks for credentials.
func (l lookup) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	if l.CredentialsProvider == nil {
		return sdk.Credentials{}, l.none(errors.New("there is no source of credentials"))
	}
	c, err := l.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		return c, l.none(err)
	}
	return c, err
}

func (l lookup) none(err error) error {
	return &Error{Kind: NoCredentials, Err: err, sentence: "no AWS credentials found for " + l.who +
		": looked at the environment, the shared files, the container's and the instance's role"}
}
