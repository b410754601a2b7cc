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
type chunks struct {
	free  chan *chunk
	small chan []byte // memory of small objects that were read, for those that come
}

// smallObject is the size up to which the memory of an object is used again, and
// keptSmall for how many: most objects of a trail are so small, and come one after
// another.
const (
	smallObject = 32 << 10
	keptSmall   = 16
)

// newChunks shares size bytes between so many downloads. A chunk's memory is
// made when it is first used.
func newChunks(size int64, downloads int) *chunks {
	spare := max(0, int(size/chunkSize)-downloads)
	c := &chunks{free: make(chan *chunk, spare), small: make(chan []byte, keptSmall)}
	for range spare {
		c.free <- &chunk{}
	}
	return c
}

// own is the chunk of a download that needs size bytes first.
func (c *chunks) own(size int64) *chunk {
	if size > smallObject {
		return &chunk{buf: make([]byte, size), own: true}
	}
	select {
	case b := <-c.small:
		return &chunk{buf: b[:size], own: true}
	default:
		return &chunk{buf: make([]byte, smallObject)[:size], own: true}
	}
}

// ended takes back the chunk of a download that has ended.
func (c *chunks) ended(k *chunk) {
	if cap(k.buf) != smallObject {
		return
	}
	select {
	case c.small <- k.buf:
	default:
	}
}
