//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os/exec"
	"path/filepath"
)

// elasticFiles are the files of the configuration folder that are not as they come.
func elasticFiles(in *instance) map[string]string {
	return map[string]string{
		"elasticsearch.yml": fmt.Sprintf(elasticYAML, in.ports["main"], in.ports["transport"], in.path("data"), in.path("logs")),
		"jvm.options":       elasticJVM,
		"tls.key":           string(in.certs.key),
		"tls.crt":           string(in.certs.leaf) + string(in.certs.ca),
		"users":             elasticWriter + ":" + saltedSHA256(elasticWriterPassword) + "\n",
		"users_roles":       "sink:" + elasticWriter + "\n",
		"roles.yml":         elasticRoles,
	}
}

// saltedSHA256 is a password as Elasticsearch's file realm keeps it under the
// prefix {SSHA256}: eight bytes of salt, then the digest of both, each in base64.
func saltedSHA256(password string) string {
	const salt = "testgrnd"
	sum := sha256.Sum256([]byte(password + salt))
	return "{SSHA256}" + base64.StdEncoding.EncodeToString([]byte(salt)) + base64.StdEncoding.EncodeToString(sum[:])
}

// lookJava is the real place of java, behind the links of a distribution.
func lookJava() (string, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(java)
}

const elasticYAML = `cluster.name: testground
node.name: n1
discovery.type: single-node
network.host: 127.0.0.1
http.port: %d
transport.port: %d
path.data: %s
path.logs: %s
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.key: tls.key
xpack.security.http.ssl.certificate: tls.crt
cluster.routing.allocation.disk.threshold_enabled: false
`

const elasticJVM = `-Xms256m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-AlwaysPreTouch
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir=${ES_TMPDIR}
20-:--add-modules=jdk.incubator.vector
`

// elasticRoles holds what a sink needs. Names of tests begin with t and ten digits.
const elasticRoles = `sink:
  cluster: [monitor, manage_index_templates]
  indices:
    - names: ["logs-*"]
      privileges: [create_doc, create_index, auto_configure, read, view_index_metadata]
    - names: ["t*", "burstwatch-*"]
      privileges: [index, create_index, auto_configure, read, view_index_metadata]
`
