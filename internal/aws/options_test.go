package aws

import (
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

func TestOptionsAreJudgedAllAtOnce(t *testing.T) {
	o := Options{Region: "Ireland", Endpoint: "http://sqs.example.com", MaxAttempts: 0, Timeout: time.Second,
		AssumeRole: []Role{{}, {Duration: 2 * time.Hour}}}
	err := o.Validate()
	if err == nil {
		t.Fatal("all was taken")
	}
	for _, want := range []string{"region: want", "endpoint: http would send", "max_attempts: want", "timeout: want", "assume_role[1].duration: AWS allows"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	r := Role{RoleARN: "reader", ExternalID: "x", SessionName: "no spaces", Duration: time.Minute}
	for _, want := range []string{"role_arn: want", "external_id: want", "session_name: want", "duration: want"} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	good := Defaults()
	good.AssumeRole = []Role{{RoleARN: reader, ExternalID: "a:b/c-d", SessionName: "x@y", Duration: time.Hour}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	if err := good.AssumeRole[0].Validate(); err != nil {
		t.Error(err)
	}
}

func TestAPoolIsTheProcesss(t *testing.T) {
	env := plugin.Env{Shared: &plugin.Shared{}}
	for _, c := range []struct {
		env  plugin.Env
		same bool
	}{{env, true}, {plugin.Env{}, false}} {
		first, second := PoolOf(c.env), PoolOf(c.env)
		if (first == second) != c.same {
			t.Errorf("with %v the pool is one: %v", c.env.Shared, first == second)
		}
	}
}
