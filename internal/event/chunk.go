package event

import "slices"

// Chunk is the text of a run of fields that share a group: made once for those
// that never change, or recorded while it is written for those that come back.
// The zero Chunk is empty.
type Chunk struct {
	fields []Field // of those made by NewChunk
	text   []byte  // from the outermost object of group on
	group  Key
	last   Key
}

// NewChunk makes a chunk of fields in ascending key order, none of them Null.
func NewChunk(fields ...Field) *Chunk {
	d := NewDocument(nil)
	for _, f := range fields {
		d.Put(f.Key, f.Value)
	}
	return &Chunk{fields: fields, text: d.b[1:], group: fields[0].Key, last: d.last}
}

// Fields are those that NewChunk was given. The caller must not change them.
func (c *Chunk) Fields() []Field { return c.fields }

// Chunk appends a chunk. The field before it must not belong to its group.
func (d *Document) Chunk(c *Chunk) {
	if len(c.text) == 0 {
		return
	}
	d.merged(c.group)
	d.b = slices.Grow(d.b, len(c.text)+fieldRoom)
	b := d.b[:cap(d.b)]
	o, shared := d.separate(b, c.group)
	d.b = append(b[:o], c.text[texts[c.group].level[shared&7]:]...)
	d.last, d.depth = c.last, int(texts[c.last].depth)+1
}

// Mark is a place in a document that is being written.
type Mark struct {
	at    int
	last  Key
	depth int
}

// Mark returns the place that the document has come to before the fields of a group
// (see Record).
func (d *Document) Mark(group Key) Mark {
	d.merged(group)
	return Mark{len(d.b), d.last, d.depth}
}

// Record makes c a chunk of all fields written since m, which was marked for the
// same group, in memory of its own.
// They must belong to one group: their names begin with what the name of group
// begins with, up to its last dot or one before, and no other names do.
func (d *Document) Record(c *Chunk, m Mark, group Key) {
	c.group, c.last, c.text = group, d.last, c.text[:0]
	if len(d.b) == m.at {
		return
	}
	t, shared, begin := &texts[group], 0, m.at+1
	if m.depth > 0 {
		shared = int(common[m.last][group])
		begin += m.depth - 1 - shared
	}
	c.text = append(c.text, openings[t.at:t.at+uint16(t.level[shared&7])]...)
	c.text = append(c.text, d.b[begin:]...)
}
