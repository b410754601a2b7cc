package rules

import (
	"encoding/binary"
	"sync"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Fields of events are kept for alerts that are made later, perhaps by a later
// release: under their names, because the numbers of keys change.

// Keep is what an alert says, as Telling.Sample takes it: for a later revision
// that says the same.
func Keep(alert *event.Event) []byte {
	var out []byte
	for i := range alert.Made {
		out = appendKeptField(out, &alert.Made[i])
	}
	return out
}

func appendKeptField(dst []byte, f *event.Field) []byte {
	dst = appendChunk(dst, []byte(f.Key.String()))
	dst = append(dst, byte(f.Value.Kind))
	dst = binary.AppendVarint(dst, f.Value.Num)
	return appendChunk(dst, f.Value.Bytes)
}

// appendKept reads kept fields. Their bytes point into kept. What a release
// does not know any more is left out.
func appendKept(dst []event.Field, kept []byte) []event.Field {
	for len(kept) > 0 {
		var name []byte
		if name, kept = cutChunk(kept); len(kept) == 0 {
			break
		}
		kind := event.Kind(kept[0])
		num, n := binary.Varint(kept[1:])
		if n <= 0 {
			break
		}
		var value []byte
		value, kept = cutChunk(kept[1+n:])
		if k, ok := keysByName()[string(name)]; ok {
			dst = append(dst, event.Field{Key: k, Value: event.Value{Kind: kind, Num: num, Bytes: value}})
		}
	}
	return dst
}

var keysByName = sync.OnceValue(func() map[string]event.Key {
	out := make(map[string]event.Key, event.Keys)
	for k := range event.Key(event.Keys) {
		out[k.String()] = k
	}
	return out
})

func appendChunk(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// cutChunk is the first chunk and what follows it; nothing follows a damaged one.
func cutChunk(b []byte) (chunk, rest []byte) {
	n, size := binary.Uvarint(b)
	if size <= 0 || uint64(len(b)-size) < n {
		return nil, nil
	}
	b = b[size:]
	return b[:n:n], b[n:]
}
