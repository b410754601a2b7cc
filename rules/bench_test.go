package rules

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/rulestest"
)

// typical are records such as a studio's trail is full of.
var typical = []string{
	`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE0000000001:i-0a1b2c3d4e5f60718","arn":"arn:aws:sts::111111111111:assumed-role/sable-render/i-0a1b2c3d4e5f60718","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE0000000001","arn":"arn:aws:iam::111111111111:role/sable-render","accountId":"111111111111","userName":"sable-render"},"attributes":{"creationDate":"2026-11-05T08:58:02Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"},"inScopeOf":{"issuerType":"AWS::EC2::Instance","credentialsIssuedTo":"arn:aws:ec2:eu-west-2:111111111111:instance/i-0a1b2c3d4e5f60718"}},"eventTime":"2026-11-05T09:14:22Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-2","sourceIPAddress":"10.31.4.17","userAgent":"[aws-sdk-dotnet-coreclr/3.7.305.20 ua/2.0 os/linux .NET_Core/6.0.32]","requestParameters":{"bucketName":"sable-cache-eu-west-2","Host":"sable-cache-eu-west-2.s3.eu-west-2.amazonaws.com","key":"seq0100/shot0420/tex/wall_diffuse.1017.tx"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"SSEApplied":"SSE_KMS","AuthenticationMethod":"AuthHeader","bytesTransferredOut":18350080},"requestID":"7QH1","eventID":"5e0c8a71-0000-4000-8000-000000000001","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::sable-cache-eu-west-2/seq0100/shot0420/tex/wall_diffuse.1017.tx"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111111111111","eventCategory":"Data"}`,
	`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE0000000002:ada.k@studio.example","arn":"arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_ShowAdmin_0123456789abcdef/ada.k@studio.example","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE000000002","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE0000000002","arn":"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ShowAdmin_0123456789abcdef","accountId":"111111111111","userName":"AWSReservedSSO_ShowAdmin_0123456789abcdef"},"attributes":{"creationDate":"2026-11-05T08:58:02Z","mfaAuthenticated":"false"}}},"eventTime":"2026-11-05T09:14:22Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0","requestParameters":{"maxResults":1000,"instancesSet":{},"filterSet":{"items":[{"name":"tag:Production","valueSet":{"items":[{"value":"SABLE"}]}}]}},"responseElements":null,"requestID":"6f1c1f0e-0000-4000-8000-000000000001","eventID":"5e0c8a71-0000-4000-8000-000000000002","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111111111111","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"},"sessionCredentialFromConsole":"true"}`,
	`{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"spotfleet.amazonaws.com"},"eventTime":"2026-11-05T09:14:22Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1","sourceIPAddress":"spotfleet.amazonaws.com","userAgent":"spotfleet.amazonaws.com","requestParameters":{"encryptionContext":{"aws:ebs:id":"vol-0a1b2c3d4e5f60718"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"},"responseElements":null,"requestID":"6f1c1f0e-0000-4000-8000-000000000003","eventID":"5e0c8a71-0000-4000-8000-000000000003","readOnly":true,"resources":[{"accountId":"111111111111","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111111111111","sharedEventID":"9d1d2a3b-0000-4000-8000-000000000001","eventCategory":"Management"}`,
}

// tabled is a schema whose fields were read beforehand, so that benchmarks
// measure the judge and not the reading of JSON, which is the parsers'.
type tabled struct{ plain }

// Getter reads the field of all typical records now; an event's Number tells
// which it is.
func (tb *tabled) Getter(name string) event.Getter {
	get := tb.plain.Getter(name)
	table := make([][]event.Value, len(typical))
	for i, r := range typical {
		table[i] = get.Append(nil, &event.Event{Record: []byte(r)}, nil)
	}
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		return append(dst, table[ev.Number]...)
	})
}

var tables = &tabled{*cloudtrail}

// BenchmarkJudge is the cost of judging one event whose fields are at hand.
func BenchmarkJudge(b *testing.B) {
	cloud := filepath.Join(corpus(b), "sigma-rules/rules/cloud/aws/cloudtrail")
	many := b.TempDir()
	if err := rulestest.Multiply(cloud, many, 800); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		specs []string
	}{{"builtin", []string{Builtin}}, {"57", []string{cloud}}, {"57+builtin", []string{cloud, Builtin}}, {"800", []string{many}}} {
		b.Run(c.name, func(b *testing.B) {
			pack := load(b, c.specs...)
			set, err := Compile(pack, []event.Schema{tables}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			benchJudge(b, set.Judge())
		})
	}
}

func benchJudge(b *testing.B, j *Judge) {
	b.Helper()
	var s event.Scratch
	var events []event.Event
	for i, r := range typical {
		events = append(events, event.Event{Schema: tables, Record: []byte(r), Number: int64(i)})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		s.Reset()
		j.Event(&events[i%len(events)], &s)
	}
}

// BenchmarkStart is loading and compiling ten thousand rules.
func BenchmarkStart(b *testing.B) {
	cloud := filepath.Join(corpus(b), "sigma-rules/rules/cloud/aws/cloudtrail")
	many := b.TempDir()
	if err := rulestest.Multiply(cloud, many, 10_000); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		pack := load(b, many)
		if _, err := Compile(pack, []event.Schema{cloudtrail}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLinuxLine(b *testing.B) {
	linux := &plain{"linux.auth", nil}
	set, err := Compile(load(b, filepath.Join(corpus(b), "sigma-rules/rules/linux")), []event.Schema{linux}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	j := set.Judge()
	ev := event.Event{Schema: linux, Record: []byte("Nov  5 09:14:22 render-0412 sshd[21877]: Accepted publickey for deadline from 10.9.0.5 port 50122 ssh2: ED25519 SHA256:abcdefghijklmnop")}
	var s event.Scratch
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		j.Event(&ev, &s)
	}
}

func BenchmarkFold(b *testing.B) {
	for _, n := range []int{12, 80, 400} {
		text := []byte(fmt.Sprintf("%0*d", n, 7))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var dst []byte
			for b.Loop() {
				dst = appendFold(dst[:0], text)
			}
		})
	}
}
