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
	fields = e.Schema.Fields(fields[:0], e, s)
	buf := s.Grab()
	buf = AppendDocument(buf, fields)
	e.Doc = append(b.Alloc(len(buf)), buf...)
	s.Release(buf)
	return fields
}
