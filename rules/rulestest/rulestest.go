// Package rulestest makes rule packs of any size for measurements: what eight
// hundred or ten thousand rules cost must be known, and nobody has written as
// many for one log. Tests, benchmarks and the bench command call it. It knows
// YAML and no rule.
package rulestest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EventNames are names of API calls that occur in the CloudTrail logs of a
// studio, and in those that package demo makes.
var EventNames = strings.Fields(`
AssumeRole AssumeRoleWithSAML BatchGetBuilds BidEvictedEvent ConsoleLogin CreateGrant CreateLaunchTemplateVersion
CreateLogStream CredentialVerification Decrypt DescribeAlarms DescribeAutoScalingGroups
DescribeComplianceByConfigRule DescribeEventAggregates DescribeImages DescribeInstanceStatus DescribeInstances
DescribeKey DescribeLaunchTemplateVersions DescribeLogStreams DescribeNetworkInterfaces DescribeRouteTables
DescribeSecurityGroups DescribeSessions DescribeSpotFleetInstances DescribeSpotFleetRequestHistory
DescribeSpotFleetRequests DescribeStackEvents DescribeStacks DescribeSubnets DescribeVolumes DescribeVpcEndpoints
DescribeVpcs DescribeVpnConnections Federate GenerateCredentialReport GenerateDataKey
GenerateDataKeyWithoutPlaintext GetAccountAuthorizationDetails GetAccountSummary GetBucketAcl GetBucketEncryption
GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketVersioning GetCallerIdentity
GetFindings GetKeyPolicy GetKeyRotationStatus GetMetricData GetObject GetParameter GetResources GetRole
GetTrailStatus HeadObject ListAccounts ListAliases ListAttachedRolePolicies ListBuckets ListFindings
ListFunctions20150331 ListRecoveryPointsByBackupVault ListRoles LookupEvents PutObject PutParameter RotateKey
RunInstances StartQuery StartSession TerminateInstances UpdateAutoScalingGroup UpdateFunctionCode20150331v2
UpdateInstanceInformation UserAuthentication`)

// Multiply writes n rules into the folder to, made of the rules in the folder
// from, each in turn: with an id and title of its own, and the names of
// eventName replaced by as many of [EventNames]. So the share of rules that pin
// no eventName stays as it is. The same arguments give the same rules.
func Multiply(from, to string, n int) error {
	sources, err := read(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o750); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(42, uint64(n)))
	for i := range n {
		var doc yaml.Node
		if err := yaml.Unmarshal(sources[i%len(sources)], &doc); err != nil {
			return err
		}
		change(&doc, i, dice)
		text, err := yaml.Marshal(&doc)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("rule%05d.yml", i)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// read returns the rules of a folder, one document each.
func read(dir string) ([][]byte, error) {
	var out [][]byte
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".yml" {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var doc yaml.Node
			if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			one, err := yaml.Marshal(&doc)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
	})
	if err == nil && len(out) == 0 {
		err = errors.New("no rules in " + dir)
	}
	return out, err
}

func change(doc *yaml.Node, i int, dice *rand.Rand) {
	top := doc.Content[0]
	for k := 0; k+1 < len(top.Content); k += 2 {
		switch v := top.Content[k+1]; top.Content[k].Value {
		case "id":
			v.Value = fmt.Sprintf("%08d-0000-4000-8000-000000000000", i)
		case "title":
			v.Value = fmt.Sprintf("%s (%d)", v.Value, i)
		case "detection":
			rename(v, dice)
		}
	}
}

// rename draws new names wherever eventName is held against some.
func rename(n *yaml.Node, dice *rand.Rand) {
	for k, c := range n.Content {
		if n.Kind == yaml.MappingNode && k%2 == 1 && strings.HasPrefix(n.Content[k-1].Value, "eventName") {
			draw(c, dice)
			continue
		}
		rename(c, dice)
	}
}

func draw(n *yaml.Node, dice *rand.Rand) {
	if n.Kind == yaml.ScalarNode {
		n.Value = EventNames[dice.IntN(len(EventNames))]
	}
	for _, c := range n.Content {
		draw(c, dice)
	}
}
