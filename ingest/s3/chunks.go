package s3

// chunkSize is the unit of download memory, in bytes.
const chunkSize = 128 << 10

// chunk is a piece of an object.
type chunk struct {
	buf []byte
	n   int  // bytes of the object in buf
	own bool // it belongs to one download, not to all
}

// chunks is the memory that downloads share. Each download has one chunk of its
// own, so that it gets on whatever the others hold; what is beyond lies here and
// lets a download run ahead of its reader.
type chunks struct{ free chan *chunk }

// newChunks shares size bytes between so many downloads. A chunk's memory is
// made when it is first used.
func newChunks(size int64, downloads int) *chunks {
	spare := max(0, int(size/chunkSize)-downloads)
	c := &chunks{free: make(chan *chunk, spare)}
	for range spare {
		c.free <- &chunk{}
	}
	return c
}
