package testground

import (
	"testing"
)

// Region is the region that tests use where any would do.
const Region = "us-east-1"

// Queues is ElasticMQ 1.6.16, an SQS that is strict about receipt handles, visibility and
// limits. Unlike AWS it takes a body of more than 256 KiB. Any credentials will do.
type Queues struct {
	names
	// URL is the endpoint, http://host:port.
	URL string
}

// SQS returns the strict SQS of this run.
func SQS(t testing.TB) Queues {
	t.Helper()
	return Queues{newNames(), shared(t, "sqs").Values["url"]}
}

// SQSAlone starts a strict SQS for this test. It keeps nothing over a restart.
func SQSAlone(t testing.TB) (Queues, *Process) {
	t.Helper()
	a, p := alone(t, "sqs")
	return Queues{newNames(), a.Values["url"]}, p
}

// Cloud is AWS as an emulator tells it.
//
// moto separates accounts and regions, except in S3, whose buckets all accounts share. It
// is not to be relied on for: checksums, KMS keys of S3, the order of
// FilterLogEvents over streams and its 1 MB pages, the limits of PutLogEvents
// and the indexes of what it rejects,
// stale receipt handles of SQS (it deletes by them), versionId in S3
// notifications. ministack is nearer to AWS in S3, S3 notifications and SQS, and
// farther in CloudWatch Logs.
type Cloud struct {
	names
	// URL is the endpoint of every service, http://host:port. S3 needs path style.
	URL string
}

// AWS returns the moto of this run, where nothing checks permissions.
func AWS(t testing.TB) Cloud {
	t.Helper()
	return Cloud{newNames(), shared(t, "aws").Values["url"]}
}

// AWSAlone starts a moto for this test.
func AWSAlone(t testing.TB) (Cloud, *Process) {
	t.Helper()
	a, p := alone(t, "aws")
	return Cloud{newNames(), a.Values["url"]}, p
}

// Ministack returns the ministack of this run.
func Ministack(t testing.TB) Cloud {
	t.Helper()
	return Cloud{newNames(), shared(t, "ministack").Values["url"]}
}

// MinistackAlone starts a ministack for this test. It keeps nothing over a restart.
func MinistackAlone(t testing.TB) (Cloud, *Process) {
	t.Helper()
	a, p := alone(t, "ministack")
	return Cloud{newNames(), a.Values["url"]}, p
}
