package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Session is one identity in one region. It makes clients, which are safe for
// concurrent use, as it is itself.
type Session struct {
	options Options
	chain   *chain
	pool    *Pool
	config  sdk.Config
}

// configure gives the clients of this session our retries, limits and errors.
func (s *Session) configure() {
	s.config.Retryer = func() sdk.Retryer { return newRetryer(s) }
	s.config.APIOptions = append(s.config.APIOptions, s.explain)
}

// Region is where the session's clients are.
func (s *Session) Region() string { return s.config.Region }

// Account is the account of the role that was assumed last, "" where none was.
func (s *Session) Account() string { return s.chain.account }

// Config is what clients are made of: sqs.NewFromConfig(session.Config()).
func (s *Session) Config() sdk.Config { return s.config.Copy() }

// S3 is a client of S3. A body's connection that falls silent fails its Read.
func (s *Session) S3() *s3.Client {
	return s3.NewFromConfig(s.config, func(o *s3.Options) {
		o.UsePathStyle = s.options.Endpoint != ""
		// Objects that were written without a checksum, as most are, are no news.
		o.DisableLogOutputChecksumValidationSkipped = true
		o.ResponseChecksumValidation = sdk.ResponseChecksumValidationWhenRequired // who wants it asks for it
	})
}

// SQS is a client of SQS.
func (s *Session) SQS() *sqs.Client { return sqs.NewFromConfig(s.config) }

// Logs is a client of CloudWatch Logs.
func (s *Session) Logs() *cloudwatchlogs.Client { return cloudwatchlogs.NewFromConfig(s.config) }

// Identity is who AWS says that the session is.
type Identity struct{ Account, ARN string }

// Identity asks AWS. No permission is needed for it, so an error means that the
// credentials themselves are at fault, or that AWS cannot be reached.
func (s *Session) Identity(ctx context.Context) (Identity, error) {
	got, err := sts.NewFromConfig(s.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, fmt.Errorf("asking AWS who we are: %w", Explain(err))
	}
	return Identity{sdk.ToString(got.Account), sdk.ToString(got.Arn)}, nil
}

// Limit keeps an operation, such as FilterLogEvents of the service "CloudWatch
// Logs", at or below so many attempts a second, over all sessions of this account and
// region. Of several limits the lowest holds.
func (s *Session) Limit(service, operation string, perSecond float64) {
	s.pool.limits.of(s.limitKey(service, operation)).restrict(perSecond)
}

func (s *Session) limitKey(service, operation string) limitKey {
	account := s.chain.account
	if account == "" {
		account = s.chain.who
	}
	return limitKey{account, s.config.Region, service, operation}
}
