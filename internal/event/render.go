package event

// Render derives the event's ECS fields and writes its document into the batch,
// once: sinks share it read-only for as long as they hold the batch. fields is
// the worker's reused slice; the grown one is returned.
func (b *Batch) Render(e *Event, fields []Field, s *Scratch) []Field {
	if e.Doc != nil {
		return fields
	}
	if e.Schema == nil {
		e.Doc = AppendDocument(nil, e.Made)
		return fields
	}
	// Written in place: a copy from a buffer would be a tenth of the price.
	doc, fields := AppendEvent(b.extra.open(4*len(e.Record)+4096), e, fields, s)
	e.Doc = b.extra.shut(doc)
	return fields
}
