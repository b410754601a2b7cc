package redact_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/burstwatch/burstwatch/internal/redact"
)

// BenchmarkCorpus is what a record costs where most hold no secret. Two numbers
// beside the time tell how well the filter does: the share of records that are
// read exactly, which shows as allocations, and that of those changed.
func BenchmarkCorpus(b *testing.B) {
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		b.Skip("BURSTWATCH_CORPUS is not set")
	}
	for _, pattern := range []string{"invictus-cloudtrail-native/*.json", "stratus-red-team/*.json", "cribl-cloudtrail/*.json"} {
		b.Run(filepath.Dir(pattern), func(b *testing.B) { records(b, load(b, filepath.Join(dir, pattern))) })
	}
}

// BenchmarkClean is one harmless record of 1.5 KB.
func BenchmarkClean(b *testing.B) { records(b, [][]byte{[]byte(clean)}) }

// BenchmarkAssumeRole is a record with a session token, as every tenth is where
// people and services change roles.
func BenchmarkAssumeRole(b *testing.B) { records(b, [][]byte{[]byte(assumeRole)}) }

func records(b *testing.B, all [][]byte) {
	b.Helper()
	r := redact.Default()
	var dst []byte
	size, changed := 0, 0
	for _, record := range all {
		size += len(record)
		if _, _, c := r.JSON(nil, record); c {
			changed++
		}
	}
	if len(all) == 0 {
		b.Fatal("no records")
	}
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i = (i + 1) % len(all) {
		out, _, c := r.JSON(dst[:0], all[i])
		if c {
			dst = out
		}
	}
	b.ReportMetric(100*float64(changed)/float64(len(all)), "%changed")
}

func load(b *testing.B, pattern string) (all [][]byte) {
	b.Helper()
	files, _ := filepath.Glob(pattern)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		var file struct{ Records []json.RawMessage }
		var list []json.RawMessage
		if json.Unmarshal(text, &file) != nil || file.Records == nil {
			_ = json.Unmarshal(text, &list)
		}
		for _, record := range append(file.Records, list...) {
			all = append(all, record)
		}
	}
	return all
}

const clean = `{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROA2ERIHQIKQXMPL4Z7U:render-042","arn":"arn:aws:sts::111122223333:assumed-role/RenderNode/render-042","accountId":"111122223333","accessKeyId":"ASIA2ERIHQIKXMPLBQ5D","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA2ERIHQIKQXMPL4Z7U","arn":"arn:aws:iam::111122223333:role/RenderNode","accountId":"111122223333","userName":"RenderNode"},"attributes":{"creationDate":"2026-03-02T09:14:07Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}},"eventTime":"2026-03-02T09:40:31Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"10.20.30.41","userAgent":"[aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#6.1.79 md/arch#x86_64 lang/python#3.11.8 cfg/retry-mode#standard botocore/2.15.30]","requestParameters":{"bucketName":"studio-plates-falcon","Host":"studio-plates-falcon.s3.eu-west-1.amazonaws.com","key":"shots/FAL_0420/plate_v003.1001.exr"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"8Wl0kqJt0vXn4dKxXMPLb1uJ2Xc5yqg3a7U","bytesTransferredOut":25165824},"requestID":"5XMPL0C1T2EK9V8D","eventID":"0f9c2d4e-8b1a-4d3c-9e5f-7a6b8c9d0e1f","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::studio-plates-falcon/shots/FAL_0420/plate_v003.1001.exr"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}`

const assumeRole = `{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-03-02T09:14:07Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","sourceIPAddress":"ec2.amazonaws.com","userAgent":"ec2.amazonaws.com","requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/RenderNode","roleSessionName":"i-0abc1234def567890"},"responseElements":{"credentials":{"accessKeyId":"ASIA2ERIHQIKXMPLBQ5D","expiration":"Mar 2, 2026, 3:40:33 PM","sessionToken":"IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQCXAMPLEexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexample=="}},"requestID":"2b7e1a4c-0d3f-4e6a-8c9b-5f1d2e3a4b6c","eventID":"8a1b2c3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d","readOnly":true,"resources":[{"accountId":"111122223333","type":"AWS::IAM::Role","ARN":"arn:aws:iam::111122223333:role/RenderNode"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`
