// Package awskey reads what AWS says of a log in the log's own name: whose it
// is, from which region, of which service and of which day.
//
// It knows the layouts that services write to S3, which files keep when they
// are copied out of a bucket:
//
//	AWSLogs/[o-org/]<account>/<service>/<region>/2026/11/05/…
//	AWSLogs/aws-account-id=…/aws-service=…/aws-region=…/year=2026/month=11/day=05/…
//	<account>_<service>_<region>_20261105T0940Z_….json.gz
//
// It imports nothing of ours. The sources of this stage call it, and scan.
package awskey

import (
	"strings"
	"time"
)

// Key is what a name tells; what it does not tell is empty.
type Key struct {
	Account, Region string
	// Service is as AWS writes it there: CloudTrail, vpcflowlogs, GuardDuty.
	Service string
	// Day is midnight UTC of the day that folders or file name tell.
	Day time.Time
	// Days is where the folders of days begin, and how they are written.
	Days Days
}

// Days are folders by day that follow one another.
type Days struct {
	// Parent is the key up to the year, "" where there are no such folders, or
	// where their order as text is not that of time, as Config's are.
	Parent string
	hive   bool
}

// Parse reads a key or a path with slashes.
func Parse(key string) Key {
	var k Key
	parts := strings.Split(key, "/")
	for i, p := range parts {
		switch name, value, _ := strings.Cut(p, "="); {
		case name == "aws-account-id":
			k.Account = value
		case name == "aws-region":
			k.Region = value
		case name == "aws-service":
			k.Service = value
		case p == "AWSLogs":
			k.accountFirst(withoutOrganization(parts[i+1:]))
		}
	}
	file := strings.Split(parts[len(parts)-1], "_")
	if k.Account == "" {
		k.accountFirst(file)
	}
	k.day(parts, file)
	return k
}

func withoutOrganization(parts []string) []string {
	if len(parts) > 0 && strings.HasPrefix(parts[0], "o-") {
		return parts[1:]
	}
	return parts
}

// accountFirst reads account, service, region.
func (k *Key) accountFirst(parts []string) {
	k.Account, k.Region = "", ""
	if len(parts) == 0 || len(parts[0]) != 12 || !digits(parts[0]) {
		return
	}
	k.Account = parts[0]
	if len(parts) > 2 {
		k.Service = parts[1]
		if strings.Count(parts[2], "-") >= 2 {
			k.Region = parts[2]
		}
	}
}

// day finds the day, in folders first: a file's name may tell when it was made.
func (k *Key) day(parts, file []string) {
	for i := 0; i+3 < len(parts); i++ {
		day, hive, ok := dayOf(parts[i], parts[i+1], parts[i+2])
		if ok {
			k.Day = day
			if sorted(parts[i+1], parts[i+2]) && k.Service != "Config" {
				k.Days = Days{strings.Join(parts[:i], "/") + "/", hive}
				if i == 0 {
					k.Days.Parent = "" // nothing to tell it from the rest of a bucket by
				}
			}
			return
		}
	}
	for _, part := range file {
		if len(part) >= len("20060102T1504Z") && part[8] == 'T' {
			if day, err := time.Parse("20060102", part[:8]); err == nil {
				k.Day = day
			}
		}
	}
}

// dayOf reads 2026, 11, 05 and year=2026, month=11, day=05.
func dayOf(y, m, d string) (day time.Time, hive, ok bool) {
	if year, found := strings.CutPrefix(y, "year="); found {
		hive = true
		month, a := strings.CutPrefix(m, "month=")
		date, b := strings.CutPrefix(d, "day=")
		if !a || !b {
			return day, hive, false
		}
		y, m, d = year, month, date
	}
	if len(y) != 4 || !digits(y) || !digits(m) || !digits(d) {
		return day, hive, false
	}
	day, err := time.Parse("2006/1/2", y+"/"+strings.TrimPrefix(m, "0")+"/"+strings.TrimPrefix(d, "0"))
	return day, hive, err == nil
}

// sorted reports whether month and day have two digits.
func sorted(m, d string) bool {
	return len(strings.TrimPrefix(m, "month=")) == 2 && len(strings.TrimPrefix(d, "day=")) == 2
}

// Before is a text that lies behind every key of the days before day, and
// before every key of it and later.
func (d Days) Before(day time.Time) string {
	return d.Parent + day.AddDate(0, 0, -1).Format(d.layout()) + "0" // '0' is '/' and one
}

// After is a text that lies behind every key of these days.
func (d Days) After() string {
	if d.hive {
		return d.Parent + "year=9999"
	}
	return d.Parent + "9999"
}

func (d Days) layout() string {
	if d.hive {
		return "year=2006/month=01/day=02"
	}
	return "2006/01/02"
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Dataset is the dataset of a service's logs, "" where the content has to tell.
func (k Key) Dataset() string {
	switch k.Service {
	case "CloudTrail", "CloudTrail-Insight":
		return "aws.cloudtrail"
	case "CloudTrail-Digest":
		return "aws.cloudtrail_digest"
	case "vpcflowlogs":
		return "aws.vpcflow"
	case "GuardDuty":
		return "aws.guardduty"
	case "Config":
		return "aws.config"
	case "vpcdnsquerylogs":
		return "aws.route53_resolver_logs"
	}
	return ""
}
