package awskey

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestKeysTellWhoseTheyAre(t *testing.T) {
	for key, want := range map[string]string{
		"AWSLogs/o-abc123/111122223333/CloudTrail/eu-west-1/2026/11/06/111122223333_CloudTrail_eu-west-1_20261106T0940Z_xYz.json.gz": "111122223333 eu-west-1 CloudTrail aws.cloudtrail 2026-11-06",
		"own/prefix/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/06/x.json.gz":                                           "111122223333 eu-west-1 CloudTrail-Digest aws.cloudtrail_digest 2026-11-06",
		"AWSLogs/444455556666/vpcflowlogs/us-east-1/2026/11/06/09/444455556666_vpcflowlogs_us-east-1_fl-0a_20261106T0935Z_1.log.gz":  "444455556666 us-east-1 vpcflowlogs aws.vpcflow 2026-11-06",
		"AWSLogs/aws-account-id=777788889999/aws-service=vpcflowlogs/aws-region=eu-west-2/year=2026/month=11/day=05/x.log.parquet":   "777788889999 eu-west-2 vpcflowlogs aws.vpcflow 2026-11-05",
		"AWSLogs/111122223333/Config/eu-west-1/2026/1/5/ConfigHistory/x.json.gz":                                                     "111122223333 eu-west-1 Config aws.config 2026-01-05",
		"AWSLogs/111122223333/GuardDuty/eu-west-1/2026/11/06/x.jsonl.gz":                                                             "111122223333 eu-west-1 GuardDuty aws.guardduty 2026-11-06",
		"AWSLogs/111122223333/vpcdnsquerylogs/vpc-0a/2026/11/06/x.log.gz":                                                            "111122223333  vpcdnsquerylogs aws.route53_resolver_logs 2026-11-06",
		"flat/111122223333_CloudTrail_eu-west-1_20261106T0940Z_xYz.json.gz":                                                          "111122223333 eu-west-1 CloudTrail aws.cloudtrail 2026-11-06",
		"flat/111122223333_vpcflowlogs_us-gov-west-1_fl-1_2026.log":                                                                  "111122223333 us-gov-west-1 vpcflowlogs aws.vpcflow 0001-01-01",
		"AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/x.log":                                                             "111122223333 eu-west-1 elasticloadbalancing  0001-01-01",
		"AWSLogs/111122223333/CloudTrail":                                                                                            "111122223333    0001-01-01",
		"AWSLogs/CloudTrail/x":                                                                                                       "    0001-01-01",
		"var/log/messages":                                                                                                           "    0001-01-01",
		"2026_report_x.csv":                                                                                                          "    0001-01-01",
		"year=2026/month=13/day=01/x":                                                                                                "    0001-01-01",
		"":                                                                                                                           "    0001-01-01",
	} {
		k := Parse(key)
		if got := fmt.Sprintf("%s %s %s %s %s", k.Account, k.Region, k.Service, k.Dataset(), k.Day.Format(time.DateOnly)); got != want {
			t.Errorf("%s:\n%q, want\n%q", key, got, want)
		}
	}
}

// What lies before a day, and what behind all days, is told by text alone:
// a listing that leaps there misses no key.
func TestLeapsPassOverOtherDaysAlone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		layout := rapid.SampledFrom([]string{"2006/01/02", "year=2006/month=01/day=02"}).Draw(r, "layout")
		day := func(name string) time.Time {
			return time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 90).Draw(r, name))
		}
		key := func(name string) (string, time.Time) {
			d := day(name)
			return "AWSLogs/111122223333/CloudTrail/eu-west-1/" + d.Format(layout) + "/" + rapid.StringMatching(`[ -~]{1,5}`).Draw(r, name+" file"), d
		}
		first, _ := key("first")
		other, otherDay := key("other")
		days, from := Parse(first).Days, day("from")
		if days.Parent == "" {
			t.Fatal("no days in", first)
		}
		if got := other > days.Before(from); got != !otherDay.Before(from) {
			t.Fatalf("%s lies after %s: %v", other, days.Before(from), got)
		}
		if other > days.After() {
			t.Fatalf("%s lies behind %s", other, days.After())
		}
	})
}

func TestDaysWhoseOrderIsNotThatOfTextAreNotLeaptOver(t *testing.T) {
	for _, key := range []string{"AWSLogs/111122223333/Config/eu-west-1/2026/11/15/x", "a/2026/1/05/x", "a/2026/11/5/x", "2026/11/05/x"} {
		if k := Parse(key); k.Days.Parent != "" || k.Day.IsZero() {
			t.Errorf("%s: %+v", key, k)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"AWSLogs/o-1/111122223333/CloudTrail/eu-west-1/2026/11/06/x", "year=2026/month=11/day=05/x", "111122223333_a_b-c-d_20261106T0940Z_x", "AWSLogs/AWSLogs", "a=/="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k := Parse(key)
		if !k.Day.IsZero() && k.Days.Parent != "" && !slices.IsSorted([]string{k.Days.Before(k.Day), key, k.Days.After()}) {
			t.Errorf("%q does not lie between %q and %q", key, k.Days.Before(k.Day), k.Days.After())
		}
	})
}
