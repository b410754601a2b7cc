package aws

import (
	"testing"
	"time"
)

func TestAttemptsAreRepeatedAndThenGivenBack(t *testing.T) {
	c := newCloud(t)
	fail := 2
	c.fails = func(key, string) failure {
		if fail--; fail >= 0 {
			return failure{503, "ServiceUnavailable", "later", nil}
		}
		return failure{}
	}
	s := session(t, quick(), c.options())
	if err := receive(t, s); err != nil || c.called("ReceiveMessage") != 3 {
		t.Errorf("%v after %d attempts", err, c.called("ReceiveMessage"))
	}
	c.with(func() { fail = 100 })
	if err := receive(t, s); KindOf(err) != Unavailable || c.called("ReceiveMessage") != 6 {
		t.Errorf("%v after %d attempts", err, c.called("ReceiveMessage")-3)
	}
}

func TestAnOperationIsLimitedForAllSessionsOfItsAccount(t *testing.T) {
	c, p := newCloud(t), quick()
	c.trust[reader], c.trust[hub] = trusted{}, trusted{}
	one := session(t, p, c.options(Role{RoleARN: reader}))
	two := session(t, p, c.options(Role{RoleARN: reader, SessionName: "two"}))
	other := session(t, p, c.options(Role{RoleARN: hub}))
	for _, s := range []*Session{one, two, other} { // credentials first
		if err := receive(t, s); err != nil {
			t.Fatal(err)
		}
	}
	one.Limit("SQS", "ReceiveMessage", 20)
	two.Limit("SQS", "ReceiveMessage", 1000) // the lowest holds
	began := time.Now()
	for range 3 {
		for _, s := range []*Session{one, two} {
			if err := receive(t, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if took := time.Since(began); took < 5*time.Second/20 {
		t.Errorf("6 requests at 20 a second took %v", took)
	}
	if p.limits.of(other.limitKey("SQS", "ReceiveMessage")) == p.limits.of(one.limitKey("SQS", "ReceiveMessage")) {
		t.Error("another account has the same limit")
	}
}

// TestAThrottlingStormIsSlowedDownFor lets the stand-in throttle what comes
// within a quarter of a second of the last: the first attempts hit it, and the limiter
// must bring the rest below it.
func TestAThrottlingStormIsSlowedDownFor(t *testing.T) {
	c := newCloud(t)
	throttled := 0
	last := time.Time{}
	c.fails = func(key, string) failure {
		now := time.Now()
		if now.Sub(last) < 100*time.Millisecond {
			throttled++
			return failure{400, "ThrottlingException", "Rate exceeded", nil}
		}
		last = now
		return failure{}
	}
	o := c.options()
	o.MaxAttempts = 50
	s := session(t, quick(), o)
	for range 8 {
		if err := receive(t, s); err != nil {
			t.Fatal(err)
		}
	}
	if throttled > 40 {
		t.Errorf("%d attempts were throttled for 8 requests: nothing slowed down", throttled)
	}
	t.Logf("%d attempts throttled", throttled)
}

func TestAThrottledRequestSaysSo(t *testing.T) {
	c := newCloud(t)
	c.fails = func(key, string) failure { return failure{400, "ThrottlingException", "Rate exceeded", nil} }
	err := receive(t, session(t, quick(), c.options()))
	if want := "AWS throttles sqs:ReceiveMessage on queue " + queue + " for the default credentials in us-east-1: Rate exceeded"; KindOf(err) != Throttled || err.Error() != want {
		t.Errorf("%s: %v", KindOf(err), err)
	}
}
