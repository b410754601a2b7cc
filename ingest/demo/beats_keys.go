package demo

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// keyBeats are about KMS keys: whose they are, and who uses them for what.
func keyBeats() []Beat {
	return []Beat{
		nearMiss(11, 5, "key-metadata-denied", "The console asks for a key's metadata and is refused", keyMetadataDenied, "9.2"),
		nearMiss(11, 15, "autoscaling-grant", "Autoscaling makes a grant for the volumes it starts", autoscalingGrant, "9.2"),
		nearMiss(11, 25, "volume-key-by-ebs", "EBS uses SABLE's volume key for a node that starts", volumeKeyByEBS, "9.2"),
		nearMiss(11, 30, "bucket-key", "S3 uses SABLE's content key for a bucket key", bucketKey, "9.2"),
		withStudio(nearMiss(11, 40, "disaster-recovery", "The disaster recovery role opens content, in its window", disasterRecovery, "9.2")),
		headline(withStudio(violation(14, 2, "key-of-another-production", "SABLE's content key used by HALO's render role", keyOfAnotherProduction, "9.1", "9.2"))),
		headline(violation(14, 20, "key-disabled", "EMBER's content key is disabled while the show runs", keyDisabled, "9.4")),
		headline(violation(14, 25, "key-deletion", "HALO's content key is scheduled for deletion", keyDeletion, "9.4")),
		nearMiss(14, 31, "key-deletion-cancelled", "The deletion is cancelled and both keys are enabled", keyDeletionCancelled, "9.4"),
		withStudio(violation(14, 40, "key-admin-uses-key", "A key administrator opens content", keyAdminUsesKey, "9.3")),
		nearMiss(14, 45, "key-rotation-looked-at", "An analyst reads keys, policies and rotation", keyLookedAt, "9.4", "9.5"),
	}
}

func keyMetadataDenied(s *stage) {
	priya := s.session("priya.n", "halo-prod")
	key := s.studio.Production("HALO").Content
	for i, name := range []string{"DescribeKey", "GetKeyPolicy", "ListGrants", "ListResourceTags"} {
		r := priya.Call(s.at(time.Duration(i)*time.Second), key.Region, "kms", name)
		r.ReadOnly, r.ErrorCode = true, "AccessDenied"
		r.ErrorMessage = "User: " + r.Actor.ARN + " is not authorized to perform: kms:" + name + " on resource: " + key.ARN() + " because no identity-based policy allows the kms:" + name + " action"
		s.log(r)
	}
}

func autoscalingGrant(s *stage) {
	p := s.studio.Production("SABLE")
	who := cloudtrail.Linked(p.Account, "autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScaling", s.at(-time.Minute))
	for i := range 2 {
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(i*3) * time.Second), Actor: who, From: "autoscaling.amazonaws.com", Agent: "autoscaling.amazonaws.com",
			Source: "kms", Name: "CreateGrant", Region: p.Region, Resources: keyResource(p.Volumes),
			Request:  `{"keyId":"` + p.Volumes.ARN() + `","granteePrincipal":"` + who.ARN + `","operations":["Decrypt","GenerateDataKeyWithoutPlaintext","ReEncryptFrom","ReEncryptTo","CreateGrant","DescribeKey"],"constraints":{"encryptionContextSubset":{"aws:ebs:id":"vol-0` + s.dice.Hex(16) + `"}}}`,
			Response: `{"grantId":"` + s.dice.Hex(64) + `","keyId":"` + p.Volumes.ARN() + `"}`,
		})
	}
}

func keyResource(k *studio.Key) []cloudtrail.Resource {
	return []cloudtrail.Resource{{Account: k.Account.ID, Type: "AWS::KMS::Key", ARN: k.ARN()}}
}

func volumeKeyByEBS(s *stage) {
	p := s.studio.Production("SABLE")
	for i, name := range []string{"CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext", "Decrypt"} {
		s.log(cloudtrail.VolumeUse(s.dice, s.at(time.Duration(i)*time.Second), p, s.node(p, 5), name))
	}
}

func bucketKey(s *stage) {
	p := s.studio.Production("SABLE")
	h := p.VPC.Host(studio.FileServer)
	who := cloudtrail.Node(s.seed, p.Sync, h.Instance, s.at(0)).By("AWS Internal")
	for i := range 2 {
		s.log(cloudtrail.Record{
			Time: s.at(time.Duration(i*30) * time.Second), Actor: who, From: "AWS Internal", Agent: "AWS Internal", Source: "kms", Name: "GenerateDataKey",
			Region: p.Region, ReadOnly: true, Resources: keyResource(p.Content),
			Request: `{"keySpec":"AES_256","keyId":"` + p.Content.ARN() + `","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::` + p.Assets + `"}}`,
		})
	}
}

// decrypt is a direct use of p's content key by who.
func (s *stage) decrypt(after time.Duration, who cloudtrail.Actor, h *studio.Host, p *studio.Production, shot string) cloudtrail.Record {
	return cloudtrail.Decrypt(s.at(after), who, h, p, shot)
}

func disasterRecovery(s *stage) {
	p := s.studio.Production("SABLE")
	who := cloudtrail.Assumed(s.studio.Role("sable-prod", "disaster-recovery"), "rosa.f@"+studio.Domain, "ASIA"+s.dice.Upper(16), s.at(-4*time.Minute))
	for i := range 3 {
		r := s.decrypt(time.Duration(i)*20*time.Second, who, p.VPC.Host(studio.FileServer), p, fmt.Sprintf("sq%03d/sh%04d", 40, 100+10*i))
		r.From = s.studio.Person("rosa.f").IP
		s.log(r)
	}
}

// keyOfAnotherProduction: three of HALO's nodes open SABLE's packages, 2 of 14
// times with success; what worked is also logged at the key's owner.
func keyOfAnotherProduction(s *stage) {
	sable, halo := s.studio.Production("SABLE"), s.studio.Production("HALO")
	for i := range 14 {
		h := s.node(halo, i%3)
		who := s.asNode(halo, h, s.at(0))
		r := s.decrypt(10*time.Second+time.Duration(i)*34*time.Second, who, h, sable, fmt.Sprintf("sq%03d/sh%04d", 110, 10+10*i))
		r.Shared, r.Region = s.dice.UUID(), sable.Region
		if i != 5 && i != 9 {
			r.ErrorCode = "AccessDenied"
			r.ErrorMessage = "User: " + who.ARN + " is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no resource-based policy allows the kms:Decrypt action"
			s.log(r)
			continue
		}
		s.log(r)
		owner := r
		owner.Account = sable.Account.ID
		owner.Actor = cloudtrail.Actor{Type: "AWSAccount", Principal: who.Principal, Account: who.Account}
		s.log(owner)
	}
}

// keyChange is a call of the key administrator about a key.
func (s *stage) keyChange(after time.Duration, account, name string, k *studio.Key, request, response string) {
	mira := s.session("mira.j", account)
	r := mira.Call(s.at(after), k.Region, "kms", name)
	r.Request, r.Response, r.Resources = request, response, keyResource(k)
	s.log(r)
}

func keyID(k *studio.Key) string { return `{"keyId":"` + k.ARN() + `"}` }

func keyDisabled(s *stage) {
	k := s.studio.Production("EMBER").Content
	s.keyChange(0, "halo-prod", "DisableKey", k, keyID(k), keyID(k))
}

func keyDeletion(s *stage) {
	k := s.studio.Production("HALO").Content
	s.keyChange(0, "halo-prod", "ScheduleKeyDeletion", k, `{"keyId":"`+k.ARN()+`","pendingWindowInDays":7}`,
		`{"keyId":"`+k.ARN()+`","keyState":"PendingDeletion","deletionDate":"`+cloudtrail.When(s.at(7*24*time.Hour))+`","pendingWindowInDays":7}`)
}

func keyDeletionCancelled(s *stage) {
	halo, ember := s.studio.Production("HALO").Content, s.studio.Production("EMBER").Content
	s.keyChange(0, "halo-prod", "CancelKeyDeletion", halo, keyID(halo), keyID(halo))
	s.keyChange(9*time.Second, "halo-prod", "EnableKey", halo, keyID(halo), keyID(halo))
	s.keyChange(21*time.Second, "halo-prod", "EnableKey", ember, keyID(ember), keyID(ember))
}

func keyAdminUsesKey(s *stage) {
	p := s.studio.Production("SABLE")
	mira := s.session("mira.j", "sable-prod")
	r := s.decrypt(0, mira.Actor(), p.VPC.Host(studio.FileServer), p, "sq110/sh0060")
	r.From, r.Agent = mira.IP, mira.Person.Shell
	s.log(r)
}

func keyLookedAt(s *stage) {
	noor := s.session("noor.h", "sable-prod")
	s.calls(noor, studio.London, 0, 4*time.Second, "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus")
}
