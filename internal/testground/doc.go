// Package testground gives tests the real things that Burstwatch talks to: an
// Apache Kafka broker, an Elasticsearch with security, a strict SQS (ElasticMQ),
// and AWS as two emulators tell it (moto and ministack). It is for tests alone.
//
// A supervisor, `go run ./internal/testground/host -- COMMAND`, runs beside the
// command. It fetches a part, pinned, into .cache/testground, starts it on
// loopback when a test asks for it for the first time, shares it among the
// packages of the run, and ends it by process id. `make test` goes through it.
// Under plain `go test` the tests that need a part are skipped, each with a
// sentence that says what to run; so are they where Java, Maven or Python is
// missing, unless CI is set: there it is a failure.
//
// Parts are shared, so a test keeps to names of its own, which each part's
// Name makes. A test that kills, stops or reconfigures a part asks for one of its own
// (KafkaAlone, and so on). What an emulator gets wrong is said beside each.
//
// It imports nothing of ours. Tests of sources, sinks and internal/aws call it,
// with whatever client they test; this package brings none, so that it costs
// nothing to compile.
package testground
