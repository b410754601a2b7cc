package event

// DocumentWriter is implemented by a schema that can write the documents of its
// commonest events straight into text. The list of fields is the general way,
// and says what is right; for a record of a hundred bytes making the list costs
// more than hashing the record and parsing it together.
type DocumentWriter interface {
	// AppendDocument appends byte for byte what the function AppendDocument
	// makes of Schema.Fields and more, merged (see Document.Merge), and sets
	// ev.DeliveryID, or returns dst and false: then the caller takes the general way.
	AppendDocument(dst []byte, ev *Event, more []Field, s *Scratch) (_ []byte, ok bool)
}

// AppendEvent derives the event's ECS fields and appends its document, in the
// shortest way that its schema has. fields is the worker's reused slice; the
// grown one is returned.
func AppendEvent(dst []byte, ev *Event, fields []Field, s *Scratch) ([]byte, []Field) {
	if ev.Schema == nil {
		return AppendDocument(dst, ev.Made), fields
	}
	if w, ok := ev.Schema.(DocumentWriter); ok {
		if out, ok := w.AppendDocument(dst, ev, nil, s); ok {
			return out, fields
		}
	}
	fields = ev.Schema.Fields(fields[:0], ev, s)
	return AppendDocument(dst, fields), fields
}
