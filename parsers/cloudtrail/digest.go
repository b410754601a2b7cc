package cloudtrail

import (
	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// digestSchema is aws.cloudtrail_digest's: one event for each digest file,
// which signs an hour of log files and names the digest before it.
type digestSchema struct{ redactor *redact.Redactor }

// Dataset implements event.Schema.
func (digestSchema) Dataset() string { return DigestDataset }

// Index implements event.Schema.
func (digestSchema) Index() []string { return nil }

// ID implements event.Schema. Digests have no id: the object that a digest
// names as its own place identifies it, wherever it was read from.
func (digestSchema) ID(ev *event.Event, s *event.Scratch) event.ID {
	return identify(digestDataset, text(ev.At(dObject)), ev, s)
}

// Getter implements event.Schema.
func (digestSchema) Getter(name string) event.Getter {
	if g := rawGetter(digestNode, name); g != nil {
		return g
	}
	key, isECS := event.KeyOf(name)
	if !isECS {
		return pathGetter{dBody, jsonscan.CompilePath(name)}
	}
	for _, f := range digestCopied {
		if f.key == key {
			return f
		}
	}
	switch key {
	case event.KeyTimestamp:
		return one(timestamp)
	case event.KeyEventDataset, event.KeyDataStreamDataset:
		return constant(digestDataset)
	case event.KeyCloudProvider, event.KeyEventModule:
		return constant(aws)
	case event.KeyEventKind:
		return constant(kindEvent)
	}
	return nil
}

// digestCopied are the fields that are one slot of a digest, in key order.
var digestCopied = []copiedField{
	{event.KeyAWSCloudtrailDigestEndTime, dEndTime, asDate},
	{event.KeyAWSCloudtrailDigestLogFiles, dLogFiles, asFlattened},
	{event.KeyAWSCloudtrailDigestPreviousHashValue, dPreviousHash, asKeyword},
	{event.KeyAWSCloudtrailDigestPreviousS3Bucket, dPreviousBucket, asKeyword},
	{event.KeyAWSCloudtrailDigestPreviousS3Object, dPreviousObject, asKeyword},
	{event.KeyAWSCloudtrailDigestPublicKeyFingerprint, dFingerprint, asKeyword},
	{event.KeyAWSCloudtrailDigestS3Bucket, dBucket, asKeyword},
	{event.KeyAWSCloudtrailDigestS3Object, dObject, asKeyword},
	{event.KeyAWSCloudtrailDigestSignatureAlgorithm, dAlgorithm, asKeyword},
	{event.KeyAWSCloudtrailDigestStartTime, dStartTime, asDate},
	{event.KeyAWSCloudtrailFlattenedDigest, dBody, asFlattened},
	{event.KeyCloudAccountID, dAccountID, asKeyword},
	{event.KeyEventStart, dStartTime, asDate},
}

// Fields implements event.Schema.
func (c digestSchema) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	var (
		clean event.Event
		slots [digestSlots]event.Span
	)
	e := redacted(ev, &clean, c.redactor, s)
	if e != ev {
		var again scanner
		e.Slots = slots[:]
		again.fillDigest(e)
	}
	ev.DeliveryID = c.ID(e, s)
	e.DeliveryID, e.Damage = ev.DeliveryID, ev.Damage
	put := func(key event.Key, v event.Value) {
		if !v.IsNull() {
			dst = append(dst, event.Field{Key: key, Value: v})
		}
	}
	next := 0
	copyTo := func(key event.Key) {
		for ; next < len(digestCopied) && digestCopied[next].key < key; next++ {
			put(digestCopied[next].key, digestCopied[next].value(e, s))
		}
	}
	put(event.KeyTimestamp, timestamp(e, s))
	copyTo(event.KeyAWSS3BucketName)
	dst = ecs.Object(dst, e, s)
	dst = ecs.Burstwatch(dst, e, event.Value{}, s)
	copyTo(event.KeyCloudProvider)
	put(event.KeyCloudProvider, aws)
	dst = ecs.ECSVersion(ecs.DataStream(dst, digestDataset))
	put(event.KeyEventCreated, event.At(e.Created))
	put(event.KeyEventDataset, digestDataset)
	put(event.KeyEventEnd, date(e.At(dEndTime)))
	put(event.KeyEventHash, ecs.Hash(e, s))
	put(event.KeyEventKind, kindEvent)
	put(event.KeyEventModule, aws)
	put(event.KeyEventOriginal, event.Text(e.Record))
	copyTo(event.KeyLogFilePath)
	return ecs.Log(dst, e, s)
}
