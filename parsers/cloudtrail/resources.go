package cloudtrail

import (
	"bytes"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// resources are the record's, read once for the field of that name and for
// related.entity.
type resources struct {
	list []byte // a JSON array of objects with ECS's names; nil if there are none
	arns [12][]byte
	n    int
}

// resourcesOf reads the resources. Elements that are no objects are left out:
// the field is flattened, which takes nothing else.
func resourcesOf(ev *event.Event, s *event.Scratch) (r resources) {
	raw := ev.At(sResources)
	if len(raw) < 3 || raw[0] != '[' {
		return r
	}
	if r.list = r.append(s.Alloc(len(raw)+len(raw)/4), raw, s); len(r.list) == 2 {
		r.list = nil
	}
	return r
}

// resources writes the resources, into a document with no copy in between.
func (o *output) resources(ev *event.Event, s *event.Scratch) (r resources) {
	raw := ev.At(sResources)
	if !o.direct || len(raw) < 3 || raw[0] != '[' {
		if r = resourcesOf(ev, s); r.list != nil {
			o.put(event.KeyAWSCloudtrailResources, event.RawJSON(r.list))
		}
		return r
	}
	before := o.doc
	b := o.doc.Begin(event.KeyAWSCloudtrailResources)
	at := len(b)
	b = r.append(b, raw, s)
	switch list := b[at:]; {
	case len(list) == 2:
		o.doc = before
	case bytes.IndexByte(list, '\n') >= 0: // only a document that is one line may have them as they are
		list = s.Copy(list)
		o.doc = before
		o.doc.Put(event.KeyAWSCloudtrailResources, event.RawJSON(list))
	default:
		o.doc.Shut(b)
	}
	return r
}

// append appends the resources in raw as a JSON array.
func (r *resources) append(dst, raw []byte, s *event.Scratch) []byte {
	dst = append(dst, '[')
	begin := len(dst)
	next := 1
	for ; next < len(raw) && raw[next] == '{'; next++ { // as AWS writes them
		out, arn, end := appendResource(dst, raw, next+1)
		if end == 0 || raw[end] != ',' && raw[end] != ']' {
			break
		}
		dst, next = append(out, ','), end
		r.note(arn, s)
	}
	if next < len(raw) {
		for it := jsonscan.From(raw, next); it.Next(); {
			if it.Value[0] == '{' {
				dst = append(r.add(dst, it.Value, s), ',')
			}
		}
	}
	if len(dst) > begin {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ']')
}

// The begins of members as AWS writes them, as numbers.
var (
	memberType    = binary.LittleEndian.Uint64([]byte(`"type":"`))
	memberARN     = binary.LittleEndian.Uint64([]byte(`"ARN":"a`))
	memberAccount = binary.LittleEndian.Uint64([]byte(`"account`))
	memberID      = binary.LittleEndian.Uint32([]byte(`Id":`))
)

// appendResource copies the resource whose first member is at raw[i], if it is
// one of strings, without white space and by the names that AWS has for them. end
// is behind it, 0 if it is another and add must read it.
func appendResource(dst, raw []byte, i int) (out, arn []byte, end int) {
	dst = append(dst, '{')
	for len(raw)-i >= 16 {
		value := i
		switch w := binary.LittleEndian.Uint64(raw[i:]); {
		case w == memberType:
			dst, value = append(dst, `"type":`...), i+len(`"type":`)
		case w<<8 == memberARN<<8: // seven bytes
			dst, value = append(dst, `"arn":`...), i+len(`"ARN":`)
		case w == memberAccount && binary.LittleEndian.Uint32(raw[i+8:]) == memberID:
			dst, value = append(dst, `"account_id":`...), i+len(`"accountId":`)
		}
		if value == i || raw[value] != '"' {
			break
		}
		next, f := jsonscan.String(raw, value)
		if f != jsonscan.OK || next+1 >= len(raw) {
			break
		}
		if raw[i+1] == 'A' {
			arn = raw[value:next]
		}
		dst = append(dst, raw[value:next]...)
		switch raw[next] {
		case ',':
			dst, i = append(dst, ','), next+1
			continue
		case '}':
			return append(dst, '}'), arn, next + 1
		}
		break
	}
	return dst, nil, 0
}

// add copies a resource, with its members renamed, and notes its ARN.
func (r *resources) add(dst, resource []byte, s *event.Scratch) []byte {
	var arn []byte
	dst = append(dst, '{')
	begin := len(dst)
	for it := jsonscan.Object(resource); it.Next(); {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		switch {
		case jsonscan.Is(it.Key, "ARN") || jsonscan.Is(it.Key, "arn"):
			dst, arn = append(dst, "arn"...), it.Value
		case jsonscan.Is(it.Key, "accountId"):
			dst = append(dst, "account_id"...)
		default:
			dst = append(dst, it.Key...)
		}
		dst = append(append(dst, '"', ':'), it.Value...)
	}
	r.note(arn, s)
	return append(dst, '}')
}

func (r *resources) note(arn []byte, s *event.Scratch) {
	if r.n < len(r.arns) {
		r.arns[r.n] = wordOf(arn, s)
		r.n++
	}
}
