package testground

import "testing"

// Broker is Apache Kafka 4.2.0, one node in KRaft mode.
//
// Topics are made explicitly, by the test: the first write to one that the
// broker makes itself fails with code 3. A message over 1 MiB is refused with code 10.
type Broker struct {
	names
	// Address takes PLAINTEXT connections without authentication, host:port.
	Address string
	// TLSAddress takes SASL_SSL connections: SCRAM-SHA-512 with User and
	// Password, and a certificate for 127.0.0.1 that CA has signed.
	TLSAddress     string
	User, Password string
	// CA is a file of one PEM certificate.
	CA string
}

// Kafka returns the broker of this run.
func Kafka(t testing.TB) Broker {
	t.Helper()
	return broker(shared(t, "kafka"))
}

// KafkaAlone starts a broker for this test, which may kill it.
func KafkaAlone(t testing.TB) (Broker, *Process) {
	t.Helper()
	a, p := alone(t, "kafka")
	return broker(a), p
}

func broker(a Answer) Broker {
	v := a.Values
	return Broker{newNames(), v["address"], v["tls_address"], v["user"], v["password"], v["ca"]}
}
