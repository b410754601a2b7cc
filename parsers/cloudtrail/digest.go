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
	return identify(digestDataset, word(ev, dObject, s), ev, s)
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
		return one(func(ev *event.Event, _ *event.Scratch) event.Value { return timeOrCreated(ev) })
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
	e := ev
	if out, paths, changed := c.redactor.JSON(s.Grab(), ev.Record); changed {
		clean := withoutSecrets(ev, out, paths, s)
		clean.Slots = make([]event.Span, digestSlots)
		var again scanner
		again.fillDigest(&clean)
		e = &clean
	}
	ev.DeliveryID = c.ID(e, s)
	e.DeliveryID = ev.DeliveryID
	o := &output{list: dst}
	next := 0
	copyTo := func(key event.Key) {
		from := next
		for next < len(digestCopied) && digestCopied[next].key < key {
			next++
		}
		o.copied(digestCopied[from:next], e, s)
	}
	o.put(event.KeyTimestamp, timeOrCreated(e))
	copyTo(event.KeyAWSS3BucketName)
	o.provenance(e, s)
	copyTo(event.KeyCloudProvider)
	o.put(event.KeyCloudProvider, aws)
	o.chunk(digestStream)
	o.put(event.KeyEventCreated, ecs.Created(e, s))
	o.put(event.KeyEventDataset, digestDataset)
	o.put(event.KeyEventEnd, date(e.At(dEndTime)))
	o.put(event.KeyEventHash, ecs.Hash(e, s))
	o.chunk(kindAndModule)
	o.put(event.KeyEventOriginal, event.Text(e.Record))
	copyTo(event.KeyLogFilePath)
	o.log(e, s)
	if e.Time == 0 {
		o.put(event.KeyTags, noTime)
	}
	return o.list
}

// timeOrCreated is a digest's time: the end of the hour that it covers.
func timeOrCreated(ev *event.Event) event.Value {
	if ev.Time == 0 {
		return event.At(ev.Created)
	}
	return event.At(ev.Time)
}
