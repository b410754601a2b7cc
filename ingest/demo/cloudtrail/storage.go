package cloudtrail

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// What S3 and KMS log while frames are rendered. Render nodes read tools and
// write their output; only file servers, under the sync role, touch the asset
// repository. S3 calls KMS in the caller's name ("AWS Internal"); nodes also
// open content themselves with the production's key.

func toolsGet(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	key := fmt.Sprintf("%s/%s/%s/%s.py", dice.Pick(s.dice, packages), version(s.dice), dice.Pick(s.dice, folders), dice.Pick(s.dice, modules))
	return s.object(p.VPC, who, h.IP, python, "GetObject", studio.Tools(s.region), key, s.dice.Skewed(400, 90_000))
}

func outputPut(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	key := fmt.Sprintf("logs/%s/%s/frame.%04d.log.gz", frame(s.dice, p), h.Instance, s.dice.Between(1001, 1240))
	return s.object(p.VPC, who, h.IP, python, "PutObject", p.Output, key, s.dice.Skewed(2_000, 400_000))
}

func assetGet(s *scene) Record {
	p := s.show()
	h, who := s.files(p)
	return s.object(p.VPC, who, h.IP, cpp, "GetObject", p.Assets, asset(s.dice, p), s.dice.Skewed(200_000, 900_000_000))
}

func assetHead(s *scene) Record {
	p := s.show()
	h, who := s.files(p)
	return s.object(p.VPC, who, h.IP, cpp, "HeadObject", p.Assets, asset(s.dice, p), 0)
}

func framePut(s *scene) Record {
	p := s.show()
	h, who := s.files(p)
	key := fmt.Sprintf("renders/%s.%04d.exr", frame(s.dice, p), s.dice.Between(1001, 1240))
	return s.object(p.VPC, who, h.IP, cpp, "PutObject", p.Assets, key, s.dice.Skewed(4_000_000, 180_000_000))
}

// object is an S3 data event through the gateway endpoint of v.
func (s *scene) object(v *studio.VPC, who Actor, from, agent, name, bucket, key string, bytes int) Record {
	r := s.call(who, from, agent, "s3", name)
	r.Host = bucket + ".s3." + s.region + ".amazonaws.com"
	r.Data, r.ReadOnly, r.Endpoint = true, name != "PutObject", v.Endpoint("s3")
	in, out := 0, bytes
	if !r.ReadOnly {
		in, out = bytes, 0
	}
	r.Request = `{"bucketName":"` + bucket + `","Host":"` + r.Host + `","key":"` + key + `"}`
	if name == "PutObject" {
		r.Request = `{"x-amz-server-side-encryption":"aws:kms","bucketName":"` + bucket + `","Host":"` + r.Host + `","key":"` + key + `"}`
		r.Response = `{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-bucket-key-enabled":"true"}`
	}
	r.Additional = transfer(s.dice, in, out, true)
	r.Resources = []Resource{{"", "AWS::S3::Object", "arn:aws:s3:::" + bucket + "/" + key}, {s.account.ID, "AWS::S3::Bucket", "arn:aws:s3:::" + bucket}}
	return r
}

func transfer(d *dice.Dice, in, out int, kms bool) string {
	sse := ""
	if kms {
		sse = `"SSEApplied":"SSE_KMS",`
	}
	return fmt.Sprintf(`{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,%s"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s=","bytesTransferredOut":%d}`, in, sse, d.Base64(75), out)
}

// decryptForS3 and dataKeyForS3 are S3's use of the content key for the sync
// role. Buckets have a bucket key, so the context names the bucket.
func decryptForS3(s *scene) Record {
	p := s.show()
	_, who := s.files(p)
	r := s.internal(who.By(internal), internal, "kms", "Decrypt")
	r.ReadOnly, r.Endpoint = true, p.VPC.Endpoint("s3")
	r.Request = `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::` + p.Assets + `"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`
	r.Resources = useOf(p.Content)
	return r
}

func dataKeyForS3(s *scene) Record {
	p := s.show()
	_, who := s.files(p)
	r := s.internal(who.By(internal), internal, "kms", "GenerateDataKey")
	r.ReadOnly, r.Endpoint = true, p.VPC.Endpoint("s3")
	r.Request = `{"keySpec":"AES_256","keyId":"` + p.Content.ARN() + `","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::` + p.Assets + `"}}`
	r.Resources = useOf(p.Content)
	return r
}

func useOf(k *studio.Key) []Resource {
	return []Resource{{k.Account.ID, "AWS::KMS::Key", k.ARN()}}
}

// nodeDecrypt and nodeDataKey are a render node's own use of its production's key.
func nodeDecrypt(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	r := Decrypt(s.at, who, h, p, shot(s.dice))
	r.Agent = vault
	return r
}

// Decrypt is a node opening one shot's package with the content key of p.
func Decrypt(at time.Time, who Actor, h *studio.Host, p *studio.Production, shot string) Record {
	return Record{
		Time: at, Actor: who, From: h.IP, Agent: vault, Source: "kms", Name: "Decrypt", Region: p.Region, ReadOnly: true,
		Request:   `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"production":"` + p.Slug + `","package":"` + shot + `"},"keyId":"` + p.Content.ARN() + `"}`,
		Resources: useOf(p.Content), Host: "kms." + p.Region + ".amazonaws.com",
	}
}

func nodeDataKey(s *scene) Record {
	p := s.show()
	h, who := s.node(p)
	r := s.call(who, h.IP, vault, "kms", "GenerateDataKey")
	r.ReadOnly, r.Endpoint = true, p.VPC.Endpoint("kms")
	r.Request = `{"numberOfBytes":32,"encryptionContext":{"production":"` + p.Slug + `","package":"` + shot(s.dice) + `"},"keyId":"` + p.Content.ARN() + `"}`
	r.Resources = useOf(p.Content)
	return r
}

var (
	packages = []string{"houdini-submitter", "nuke-gizmos", "arnold-shaders", "usd-resolver", "ocio-configs", "render-wrapper", "katana-tools"}
	folders  = []string{"python", "scripts", "plugins", "shaders", "otls"}
	modules  = []string{"menu", "init", "resolve", "collect", "validate", "preflight", "publish", "sanity", "paths", "env", "submit", "aov", "layers"}
	passes   = []string{"beauty", "diffuse", "spec", "crypto", "depth", "motion", "volume", "holdout"}
	parts    = []string{"char", "env", "prop", "fx", "crowd", "vehicle"}
	things   = []string{"lantern", "harbour", "courier", "glasshouse", "dustcloud", "tram", "orchard", "tidewall", "moth", "bellows", "quarry", "rig"}
	suffixes = []string{"abc", "usdc", "tx", "vdb", "bgeo.sc", "ass.gz"}
)

func version(d *dice.Dice) string {
	return fmt.Sprintf("%d.%d.%d", d.Between(1, 4), d.IntN(20), d.IntN(10))
}

func shot(d *dice.Dice) string {
	return fmt.Sprintf("sq%03d/sh%04d", 10*d.Between(1, 24), 10*d.Between(1, 60))
}

func frame(d *dice.Dice, p *studio.Production) string {
	return fmt.Sprintf("%s/v%03d/%s/%s", shot(d), d.Between(1, 40), dice.Pick(d, passes), p.Slug)
}

func asset(d *dice.Dice, p *studio.Production) string {
	thing := dice.Pick(d, things)
	return fmt.Sprintf("assets/%s/%s_%02d/v%03d/%s_%s.%04d.%s", dice.Pick(d, parts), thing, d.IntN(30), d.Between(1, 60), p.Slug, thing, d.Between(1001, 1100), dice.Pick(d, suffixes))
}
