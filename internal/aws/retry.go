package aws

import (
	"context"
	"errors"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"
)

// longestBackoff bounds the wait between two attempts.
const longestBackoff = 20 * time.Second

// retryer repeats what may succeed later. It has no quota of retries, which the
// SDK has to protect a service from clients that give up: we come back anyway,
// and the limiter slows us down better.
type retryer struct {
	*retry.Standard
	session *Session
}

func newRetryer(s *Session) *retryer {
	return &retryer{retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = s.options.MaxAttempts, longestBackoff, ratelimit.None
		if s.pool.backoff != nil {
			o.Backoff = s.pool.backoff
		}
	}), s}
}

// GetAttemptToken waits until the operation's limiter lets an attempt go.
func (r *retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	key := r.session.limitKey(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx))
	return r.session.pool.limits.of(key).acquire(ctx)
}

// IsErrorRetryable tells whether another attempt may succeed. Credentials that
// AWS calls expired, though their time has not come (a clock that is wrong, a
// session that was revoked), are renewed for it.
func (r *retryer) IsErrorRetryable(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && kindOfCode(api.ErrorCode()) == Expired {
		return r.renew()
	}
	var explained *Error
	if errors.As(err, &explained) { // the credentials failed, after retries of their own
		return false
	}
	return r.Standard.IsErrorRetryable(err)
}

// renew throws the credentials away if there are others to be had.
func (r *retryer) renew() bool {
	if r.session.chain.account == "" {
		return false // nothing was assumed: the SDK's chain reads them anew by itself
	}
	r.session.chain.cache.Invalidate()
	return true
}

// limitKey is what AWS counts requests by.
type limitKey struct{ account, region, service, operation string }

type limits struct {
	mu    sync.Mutex
	byKey map[limitKey]*limit
}

func (l *limits) of(k limitKey) *limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byKey == nil {
		l.byKey = map[limitKey]*limit{}
	}
	if l.byKey[k] == nil {
		l.byKey[k] = &limit{adaptive: retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) { s.RateLimiter = ratelimit.None })
		}), quota: rate.NewLimiter(rate.Inf, 1)}
	}
	return l.byKey[k]
}

// limit is the limiter of one operation.
type limit struct {
	// adaptive is unlimited until AWS throttles.
	adaptive *retry.AdaptiveMode
	mu       sync.Mutex
	quota    *rate.Limiter
}

func (l *limit) restrict(perSecond float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quota.SetLimit(min(l.quota.Limit(), rate.Limit(perSecond)))
}

// acquire waits for both limiters. Its result is to be called with the
// attempt's error, from which the adaptive one learns.
func (l *limit) acquire(ctx context.Context) (func(error) error, error) {
	if err := l.quota.Wait(ctx); err != nil {
		return nil, err
	}
	return l.adaptive.GetAttemptToken(ctx)
}

var _ sdk.RetryerV2 = (*retryer)(nil)
