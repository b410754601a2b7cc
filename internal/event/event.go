package event

// Span is a stretch of an event's Record: Record[Start:End]. The zero Span
// means that the record has no such field.
type Span struct {
	Start, End uint32
}

// Len is the number of bytes in the span.
func (s Span) Len() int { return int(s.End - s.Start) }

// Origin says where a run of records came from: a file, an S3 object, a log
// stream. All events read from it share one Origin; it is not changed once
// events point to it.
type Origin struct {
	// Source is the name of the source in the configuration.
	Source string
	// Name is what a person would look for: a path, s3://bucket/key, a group and stream.
	Name string
	// Identity is what delivery ids are made of: equal for the same content
	// read again, wherever it lies. Never empty for records without an id of
	// their own.
	Identity []byte
	// Dataset is the dataset that the source declared, "" to have it detected.
	Dataset string
	// Format is a record layout that the source declared (the columns of a
	// custom flow log), "" for the default or a header.
	Format string
	// Account and Region are those of the name (an S3 key's), "" if it has none.
	Account, Region string
	// Message is set where the origin is one message of a transport that frames
	// (a log stream, a queue, a connection) and no run of records: then text in
	// it is one record, however many lines it has.
	Message *Message
}

// Message is what a transport says of one message.
type Message struct {
	// ID is the transport's own id of it, "" if it gives none.
	ID string
	// Time is when it was written, by the transport, in nanoseconds since 1970
	// UTC: the time of records that have none of their own. 0 if it does not say.
	Time int64
}

// Event is one record and what is known of it.
//
// Record, Slots and everything read through them belong to the event's Batch
// and die with it. Pointers to events are stable once Parse has returned.
type Event struct {
	// Schema is the dataset's: it gives Slots their meaning.
	Schema Schema
	// Record is the record as read, after repair of invalid UTF-8.
	Record []byte
	// Slots are spans into Record, numbered by the dataset's parser.
	Slots []Span
	// Names are the names of the slots behind those that the dataset numbers:
	// columns of this record that no documentation knows, in slot order. Events
	// share them; nil for most. They are not in the Schema, because all events
	// of a dataset share one.
	Names []string
	// Origin is where the record came from.
	Origin *Origin
	// Time is the event's own time in nanoseconds since 1970 UTC; 0 if it has none.
	Time int64
	// Created is when Burstwatch read the record, in nanoseconds since 1970 UTC.
	Created int64
	// Offset is where the record begins, in bytes of uncompressed content (for
	// Parquet, the row).
	Offset int64
	// Number counts the origin's records from 0.
	Number int64
	// Flags are the dataset's own notes on the record, made in the parsing pass.
	Flags uint32
	// Recurs is the dataset's too: a hash of what of the record comes again and
	// again, where the parser remembered it; 0 if it did not (see Recurring).
	Recurs uint64
	// Damage is a hash of the record as it really was, where Record differs
	// from it (repaired or redacted); nil otherwise.
	Damage *Damage

	// Made holds the fields of an event that Burstwatch itself made (an
	// alert), sorted by key; such an event has no Record.
	Made []Field
	// Doc is the rendered ECS document once Render has run: one JSON object
	// without a line end.
	Doc []byte
	// DeliveryID is set by Render, and for made events by their maker.
	DeliveryID ID
	// Alert marks an event of the dataset burstwatch.alert.
	Alert bool
}

// Damage says how Record differs from what was read, so that event.original
// can still be proved against a signed source file.
type Damage struct {
	// SHA256 is the hash of the record's bytes as they were read.
	SHA256 [32]byte
	// Redacted are the paths that were redacted, "" elements never.
	Redacted []string
	// Repaired is set where invalid UTF-8 was replaced by U+FFFD.
	Repaired bool
}

// At returns the bytes of slot i, nil where the record has no such field.
func (e *Event) At(i int) []byte {
	s := e.Slots[i]
	if s.End == 0 {
		return nil
	}
	return e.Record[s.Start:s.End]
}

// Schema is what a parser knows about the records of one dataset. One Schema
// serves all workers at once, so it holds no scratch memory.
type Schema interface {
	// Dataset is the value of event.dataset.
	Dataset() string

	// Getter compiles a field name, as the record has it (userIdentity.type)
	// or as ECS has it (user.name). A raw name wins where both exist. nil
	// means that no record of this dataset can have the field.
	Getter(name string) Getter

	// Index names the raw fields that most rules for this dataset pin to
	// fixed values, most telling first. The rule index is built on them.
	Index() []string

	// Fields appends every ECS field of ev to dst in ascending key order, keys
	// unique. It first redacts: no value that it returns, event.original
	// included, holds a credential. It sets ev.DeliveryID.
	Fields(dst []Field, ev *Event, s *Scratch) []Field

	// ID returns the delivery id without deriving the rest.
	ID(ev *Event, s *Scratch) ID
}

// Getter reads one field of an event.
type Getter interface {
	// Append appends the field's values to dst: none where the field is
	// absent or null, several where an array lies on the path (its members,
	// in order). An object is one JSON value. Values are good until s is
	// reset or the batch is given back.
	Append(dst []Value, ev *Event, s *Scratch) []Value
}

// Walker is implemented by getters of which some read through a part of the
// record to find their field: rules ask others first.
type Walker interface {
	// Walks reports whether this one does.
	Walks() bool
}

// Joiner is implemented by a Schema that can read several fields in one walk
// through a record. Rules join all that they read.
type Joiner interface {
	// Join returns getters that read what those given do, in their order.
	Join(getters []Getter) []Getter
}

// Slotted is implemented by getters that read one slot and nothing else: where
// two events agree in its bytes, they agree in the field.
type Slotted interface {
	Slot() int
}

// GetterFunc is a function as a Getter.
type GetterFunc func(dst []Value, ev *Event, s *Scratch) []Value

// Append calls f.
func (f GetterFunc) Append(dst []Value, ev *Event, s *Scratch) []Value { return f(dst, ev, s) }
