package testground

import "testing"

// Cluster is a genuine Elasticsearch 8.19.21 of one node, with security, HTTPS,
// and a small plugin of ours that supplies `GET /` and what API keys need.
//
// It is Elastic's distribution for integration tests, which lacks modules that
// every production cluster has: `_data_stream` GET and DELETE, index lifecycle,
// painless, ingest pipelines, delete_by_query, ES|QL and `match_only_text`.
type Cluster struct {
	names
	// URL is https://host:port.
	URL string
	// User and Password may do everything.
	User, Password string
	// Writer and WriterPassword may what a sink needs and no more: create
	// documents in logs-* and what Name makes, manage their templates, and
	// see the cluster's health.
	Writer, WriterPassword string
	// CA is a file of one PEM certificate, which signed the one at URL.
	CA string
}

// Elasticsearch returns the cluster of this run.
func Elasticsearch(t testing.TB) Cluster {
	t.Helper()
	return cluster(shared(t, "elasticsearch"))
}

// ElasticsearchAlone starts a cluster for this test, which may kill it.
func ElasticsearchAlone(t testing.TB) (Cluster, *Process) {
	t.Helper()
	a, p := alone(t, "elasticsearch")
	return cluster(a), p
}

func cluster(a Answer) Cluster {
	v := a.Values
	return Cluster{newNames(), v["url"], v["user"], v["password"], v["writer"], v["writer_password"], v["ca"]}
}
