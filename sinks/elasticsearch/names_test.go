package elasticsearch

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestARepeatMeetsTheSameIndex(t *testing.T) {
	for _, period := range []string{day, week, month} {
		rapid.Check(t, func(r *rapid.T) {
			o := Defaults()
			o.Period = period
			warm, fresh := newNames(o), newNames(o)
			for _, at := range rapid.SliceOfN(rapid.Int64(), 1, 20).Draw(r, "before") {
				warm.of("aws.vpcflow", at)
			}
			at := rapid.Int64().Draw(r, "at")
			a, alias := warm.of("aws.vpcflow", at)
			b, _ := fresh.of("aws.vpcflow", at)
			if a != b || !strings.HasPrefix(a, alias+"-") || !indexName.MatchString(a) {
				r.Fatalf("%s and %s below %s", a, b, alias)
			}
		})
	}
}

func TestNamesOfIndices(t *testing.T) {
	at := func(text string) int64 {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixNano()
	}
	for _, c := range []struct{ period, at, want string }{
		{month, "2026-11-30T23:59:59Z", "logs-aws.vpcflow-default-2026.11"},
		{month, "2026-12-01T00:00:00Z", "logs-aws.vpcflow-default-2026.12"},
		{day, "2026-12-01T00:00:00Z", "logs-aws.vpcflow-default-2026.12.01"},
		{week, "2027-01-03T23:59:59Z", "logs-aws.vpcflow-default-2026.w53"},
		{week, "2027-01-04T00:00:00Z", "logs-aws.vpcflow-default-2027.w01"},
		{day, "1970-01-01T00:00:00Z", "logs-aws.vpcflow-default-undated"},
		{day, "2200-01-01T00:00:00Z", "logs-aws.vpcflow-default-undated"},
	} {
		o := Defaults()
		o.Period = c.period
		n := newNames(o)
		if got, _ := n.of("aws.vpcflow", at(c.at)); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.period, c.at, got, c.want)
		}
	}
}
