package demo

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// accessBeats are about what is opened, shared, created or weakened.
func accessBeats() []Beat {
	return []Beat{
		violation(16, 30, "bucket-public", "EMBER's output bucket is opened to everybody by its policy", bucketPublic, "5.3"),
		nearMiss(16, 34, "bucket-policy-denies", "A bucket policy denies everybody who comes without TLS", bucketDenies, "5.3"),
		withStudio(nearMiss(16, 36, "bucket-policy-own", "A bucket policy admits another account of the studio", bucketOwn, "5.3")),
		violation(16, 40, "public-block-removed", "A bucket's block of public access is removed", blockRemoved, "5.3"),
		nearMiss(16, 43, "public-block-set", "The block of public access is set again", blockSet, "5.3"),
		violation(16, 50, "user-created", "An IAM user is created, made administrator and given an access key", userCreated, "7.2", "3.1", "5.1"),
		nearMiss(16, 55, "users-looked-at", "Somebody reads users, keys and the credential report", usersLookedAt, "7.2", "3.1"),
		violation(17, 10, "mfa-device-removed", "A user's second factor is removed", mfaRemoved, "1.5"),
		violation(17, 20, "snapshot-shared", "A snapshot of HALO is shared with an account outside", snapshotShared, "5.3"),
		withStudio(nearMiss(17, 24, "snapshot-shared-inside", "A snapshot of HALO is shared with shared-services", snapshotSharedInside, "5.3")),
		withStudio(violation(17, 30, "image-unapproved", "An instance of an image that nobody approved is started", imageUnapproved, "4.2", "10.8")),
		withStudio(violation(17, 50, "assets-read-by-node", "A render node reads the asset repository itself", assetsReadByNode, "5.1", "5.3")),
		violation(18, 0, "volume-encryption-off", "Encryption of new volumes is switched off in halo-prod", encryptionOff, "4.2"),
		violation(18, 10, "session-recording-off", "Session Manager's preferences no longer record sessions", recordingOff, "4.1"),
		nearMiss(18, 14, "document-updated", "Another document of Systems Manager is updated", documentUpdated, "4.1"),
	}
}

// policy logs a change of EMBER's output bucket in London.
func (s *stage) bucket(name, key, value string) {
	p := s.studio.Production("EMBER")
	host := p.Output + ".s3." + p.Region + ".amazonaws.com"
	r := s.session("jonas.w", "halo-prod").Call(s.at(0), p.Region, "s3", name)
	r.Request = `{"bucketName":"` + p.Output + `","Host":"` + host + `","` + key + `":` + value + `}`
	r.Host = host
	r.Additional = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":` + fmt.Sprint(len(value)) + `,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"` + s.dice.Base64(75) + `=","bytesTransferredOut":0}`
	r.Resources = []cloudtrail.Resource{{Account: p.Account.ID, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::" + p.Output}}
	s.log(r)
}

func (s *stage) bucketPolicy(effect, principal, action, condition string) {
	b := s.studio.Production("EMBER").Output
	s.bucket("PutBucketPolicy", "bucketPolicy", `{"Version":"2012-10-17","Statement":[{"Sid":"Review","Effect":"`+effect+`","Principal":`+principal+
		`,"Action":"`+action+`","Resource":["arn:aws:s3:::`+b+`","arn:aws:s3:::`+b+`/*"]`+condition+`}]}`)
}

func bucketPublic(s *stage) { s.bucketPolicy("Allow", `"*"`, "s3:GetObject", "") }
func bucketDenies(s *stage) {
	s.bucketPolicy("Deny", `"*"`, "s3:*", `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`)
}
func bucketOwn(s *stage) {
	s.bucketPolicy("Allow", `{"AWS":"arn:aws:iam::333333333333:root"}`, "s3:GetObject", "")
}
func blockRemoved(s *stage) { s.bucket("DeleteBucketPublicAccessBlock", "publicAccessBlock", `""`) }
func blockSet(s *stage) {
	s.bucket("PutBucketPublicAccessBlock", "PublicAccessBlockConfiguration", `{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}`)
}

func userCreated(s *stage) {
	const name = "render-sync-tmp"
	who := cloudtrail.User(s.studio.Account("halo-prod"), name)
	when := cloudtrail.When(s.at(0))
	s.jonas(0, "iam:CreateUser", `{"userName":"`+name+`"}`,
		`{"user":{"path":"/","userName":"`+name+`","userId":"`+who.Principal+`","arn":"`+who.ARN+`","createDate":"`+when+`"}}`)
	s.jonas(14*time.Second, "iam:AttachUserPolicy", `{"userName":"`+name+`","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, "")
	s.jonas(29*time.Second, "iam:CreateAccessKey", `{"userName":"`+name+`"}`,
		`{"accessKey":{"userName":"`+name+`","accessKeyId":"`+who.AccessKey+`","status":"Active","createDate":"`+when+`"}}`)
}

func usersLookedAt(s *stage) {
	s.calls(s.session("noor.h", "sable-prod"), studio.Virginia, 0, 7*time.Second, "iam:ListUsers", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:GenerateCredentialReport", "iam:GetCredentialReport")
}

func mfaRemoved(s *stage) {
	s.jonas(0, "iam:DeactivateMFADevice", `{"userName":"vendor-dailies","serialNumber":"arn:aws:iam::222222222222:mfa/vendor-dailies"}`, "")
}

func (s *stage) shareSnapshot(account string) {
	s.jonas(0, "ec2:ModifySnapshotAttribute", `{"snapshotId":"snap-0`+s.dice.Hex(16)+`","createVolumePermission":{"add":{"items":[{"userId":"`+account+`"}]}},"attributeType":"CREATE_VOLUME_PERMISSION"}`, s.done())
}

func snapshotShared(s *stage)       { s.shareSnapshot("999999999999") }
func snapshotSharedInside(s *stage) { s.shareSnapshot(s.studio.Account("shared-services").ID) }

func imageUnapproved(s *stage) {
	p, instance := s.studio.Production("HALO"), "i-0"+s.dice.Hex(16)
	const image = "ami-0ddba11c0ffee5eed"
	s.jonas(0, "ec2:RunInstances",
		`{"instancesSet":{"items":[{"imageId":"`+image+`","minCount":1,"maxCount":1}]},"instanceType":"g5.4xlarge","blockDeviceMapping":{},"subnetId":"`+p.VPC.Subnets[0].ID+`","monitoring":{"enabled":false},"disableApiTermination":false,"disableApiStop":false,"clientToken":"`+s.dice.UUID()+`"}`,
		`{"requestId":"`+s.dice.UUID()+`","reservationId":"r-0`+s.dice.Hex(16)+`","ownerId":"`+p.Account.ID+`","groupSet":{},"instancesSet":{"items":[{"instanceId":"`+instance+`","imageId":"`+image+`","instanceState":{"code":0,"name":"pending"},"instanceType":"g5.4xlarge","subnetId":"`+p.VPC.Subnets[0].ID+`","vpcId":"`+p.VPC.ID+`","privateIpAddress":"10.32.0.251","blockDeviceMapping":{}}]}}`)
}

func assetsReadByNode(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 8)
	host := p.Assets + ".s3." + p.Region + ".amazonaws.com"
	for i := range 3 {
		key := fmt.Sprintf("assets/char/courier_%02d/v014/sable_courier.%04d.usdc", 3+i, 1001+i)
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(i*3) * time.Second), Actor: s.asNode(p, h, s.at(0)), From: h.IP, Agent: "aws-cli/2.17.44 Python/3.11.9 Linux/5.14.0-427.el9.x86_64 command/s3.cp",
			Source: "s3", Name: "GetObject", Region: p.Region, ReadOnly: true, Data: true, Host: host, Endpoint: p.VPC.Endpoint("s3"),
			Request:    `{"bucketName":"` + p.Assets + `","Host":"` + host + `","key":"` + key + `"}`,
			Additional: fmt.Sprintf(`{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"SSEApplied":"SSE_KMS","AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s=","bytesTransferredOut":%d}`, s.dice.Base64(75), 48_118_220+i),
			Resources:  []cloudtrail.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::" + p.Assets + "/" + key}, {Account: p.Account.ID, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::" + p.Assets}},
		})
	}
}

func encryptionOff(s *stage) {
	s.jonas(0, "ec2:DisableEbsEncryptionByDefault", `{"DisableEbsEncryptionByDefaultRequest":""}`,
		`{"DisableEbsEncryptionByDefaultResponse":{"xmlns":"http://ec2.amazonaws.com/doc/2016-11-15/","ebsEncryptionByDefault":false,"requestId":"`+s.dice.UUID()+`"}}`)
}

// document logs an update of a document of Systems Manager. Its content is
// hidden in CloudTrail.
func (s *stage) document(name string) {
	s.jonas(0, "ssm:UpdateDocument", `{"name":"`+name+`","content":"HIDDEN_DUE_TO_SECURITY_REASONS","documentVersion":"$LATEST","documentFormat":"JSON"}`,
		`{"documentDescription":{"name":"`+name+`","documentVersion":"4","latestVersion":"4","defaultVersion":"3","status":"Updating","documentFormat":"JSON"}}`)
}

func recordingOff(s *stage)    { s.document("SSM-SessionManagerRunShell") }
func documentUpdated(s *stage) { s.document("Studio-PatchRenderNodes") }
