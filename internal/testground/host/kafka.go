//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
)

const (
	kafkaVersion  = "4.2.0"
	kafkaUser     = "alice"
	kafkaPassword = "alice-pw"
)

func kafka() recipe {
	return recipe{
		name: "kafka", version: kafkaVersion, ports: []string{"main", "tls", "controller"},
		fetch: jars("kafka-"+kafkaVersion, "org.apache.kafka:kafka_2.13:"+kafkaVersion,
			"org.apache.logging.log4j:log4j-slf4j-impl:2.25.3"),
		prepare: prepareKafka,
		command: func(in *instance) process {
			return process{dir: in.dir, args: append(kafkaJava(in, "256m"),
				"-Dlog4j2.configurationFile=file:"+in.path("log4j2.xml"), "kafka.Kafka", in.path("server.properties"))}
		},
		ready: func(_ context.Context, in *instance) bool { return in.logged("Kafka Server started") },
		values: func(in *instance) map[string]string {
			return map[string]string{"address": in.address("main"), "tls_address": in.address("tls"),
				"user": kafkaUser, "password": kafkaPassword, "ca": in.certs.caFile}
		},
	}
}

func kafkaJava(in *instance, heap string) []string {
	return []string{"java", "-Xmx" + heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", in.dist + "/libs/*"}
}

// prepareKafka formats the broker's data with the SCRAM user in it.
func prepareKafka(ctx context.Context, in *instance) error {
	chain := slices.Concat(in.certs.key, in.certs.leaf, in.certs.ca)
	if err := os.WriteFile(in.path("server.pem"), chain, 0o600); err != nil {
		return err
	}
	if err := in.write("log4j2.xml", log4j2); err != nil {
		return err
	}
	properties := fmt.Sprintf(kafkaProperties, in.address("main"), in.address("tls"), in.address("controller"),
		in.path("server.pem"), in.path("data"))
	if err := in.write("server.properties", properties); err != nil {
		return err
	}
	return command(ctx, in.dir, append(kafkaJava(in, "128m"), "kafka.tools.StorageTool", "format",
		"-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", in.path("server.properties"),
		"--add-scram", "SCRAM-SHA-512=[name="+kafkaUser+",password="+kafkaPassword+"]")...)
}

const log4j2 = `<Configuration><Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers></Configuration>
`

// Each SASL mechanism needs a jaas line on every SASL listener, or the broker
// ends. Below group.min.session.timeout.ms a consumer hangs without an error.
const kafkaProperties = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[3]s
listeners=PLAIN://%[1]s,TLS://%[2]s,CTRL://%[3]s
advertised.listeners=PLAIN://%[1]s,TLS://%[2]s
listener.security.protocol.map=PLAIN:PLAINTEXT,TLS:SASL_SSL,CTRL:PLAINTEXT
inter.broker.listener.name=PLAIN
controller.listener.names=CTRL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.tls.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.tls.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=%[4]s
log.dirs=%[5]s
num.partitions=4
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.cleaner.dedupe.buffer.size=2097152
`
