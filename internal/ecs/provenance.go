// Package ecs holds the groups of fields that every dataset writes alike: where
// a record came from, which data stream it belongs to, what was done to it.
//
// Parsers call these from Schema.Fields, each at its place, because fields are
// born in key order. It imports internal/event and internal/jsonscan.
package ecs

import (
	"encoding/hex"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Version is the version of ECS that documents follow.
const Version = "8.11.0"

// Values that stand in every document, made once. Nobody changes their bytes.
var (
	version   = event.Str(Version)
	logs      = event.Str("logs")
	namespace = event.Str("default")
	yes       = event.Boolean(true)
)

// Constant is a value that documents share: call it once, when the program
// starts, not for each event.
func Constant(text string) event.Value {
	json := event.AppendEscaped(make([]byte, 0, len(text)+constantRoom), []byte(text))
	if string(json) != text {
		return event.Str(text)
	}
	return event.Value{Kind: event.Escaped, Bytes: json} // copied as it is
}

// constantRoom stands behind a constant for writers that copy in steps.
const constantRoom = 32

// Stream makes the chunk of data_stream.* and ecs.* for a dataset: call it once,
// when the program starts.
func Stream(dataset event.Value) *event.Chunk {
	return event.NewChunk(ECSVersion(DataStream(nil, dataset))...)
}

// Object appends aws.s3.{bucket.name,object.key} where the origin is an S3 object.
func Object(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	path, ok := strings.CutPrefix(ev.Origin.Name, "s3://")
	if !ok {
		return dst
	}
	bucket, key, _ := strings.Cut(path, "/")
	return append(dst,
		event.Field{Key: event.KeyAWSS3BucketName, Value: text(bucket, s)},
		event.Field{Key: event.KeyAWSS3ObjectKey, Value: text(key, s)})
}

// Burstwatch appends burstwatch.*, where the record stood and what was done to
// it. DeliveryID must be set. json is burstwatch.json, Null for parsers that
// read the record's fields.
func Burstwatch(dst []event.Field, ev *event.Event, json event.Value, s *event.Scratch) []event.Field {
	id := hex.AppendEncode(s.Alloc(2*len(ev.DeliveryID)), ev.DeliveryID[:])
	dst = append(dst, event.Field{Key: event.KeyBurstwatchDeliveryID, Value: event.Value{Kind: event.Escaped, Bytes: id}})
	if !json.IsNull() {
		dst = append(dst, event.Field{Key: event.KeyBurstwatchJSON, Value: json})
	}
	dst = append(dst, event.Field{Key: event.KeyBurstwatchRecord, Value: event.Int64(ev.Number)})
	if d := ev.Damage; d != nil {
		if len(d.Redacted) > 0 {
			dst = append(dst, event.Field{Key: event.KeyBurstwatchRedacted, Value: list(d.Redacted, s)})
		}
		if d.Repaired {
			dst = append(dst, event.Field{Key: event.KeyBurstwatchRepaired, Value: yes})
		}
	}
	return append(dst, event.Field{Key: event.KeyBurstwatchSource, Value: text(ev.Origin.Source, s)})
}

// DataStream appends data_stream.*. dataset is the [Constant] of the dataset.
func DataStream(dst []event.Field, dataset event.Value) []event.Field {
	return append(dst,
		event.Field{Key: event.KeyDataStreamDataset, Value: dataset},
		event.Field{Key: event.KeyDataStreamNamespace, Value: namespace},
		event.Field{Key: event.KeyDataStreamType, Value: logs})
}

// ECSVersion appends ecs.version.
func ECSVersion(dst []event.Field) []event.Field {
	return append(dst, event.Field{Key: event.KeyECSVersion, Value: version})
}

// Hash is event.hash: the SHA-256 of the record as it was read, Null where the
// event's record is that.
func Hash(ev *event.Event, s *event.Scratch) event.Value {
	if ev.Damage == nil {
		return event.Value{}
	}
	sum := &ev.Damage.SHA256
	return event.Text(hex.AppendEncode(s.Alloc(2*len(sum)), sum[:]))
}

// Log appends log.file.path and log.offset.
func Log(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	return append(dst,
		event.Field{Key: event.KeyLogFilePath, Value: text(ev.Origin.Name, s)},
		event.Field{Key: event.KeyLogOffset, Value: event.Int64(ev.Offset)})
}

// Created is event.created. All events of a window share it, so that its text
// is made once.
func Created(ev *event.Event, s *event.Scratch) event.Value {
	return event.Value{Kind: event.Escaped, Bytes: s.AppendTime(s.Alloc(32), ev.Created)}
}

// text is a string that is the same for many events.
func text(t string, s *event.Scratch) event.Value {
	return event.Value{Kind: event.Escaped, Bytes: s.Escape(t)}
}

// list is a JSON array of strings.
func list(items []string, s *event.Scratch) event.Value {
	buf := append(s.Grab(), '[')
	for i, item := range items {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = event.AppendValue(buf, event.Str(item))
	}
	buf = append(buf, ']')
	out := s.Copy(buf)
	s.Release(buf)
	return event.RawJSON(out)
}
