package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tidwall/gjson"
)

// bulkPath asks for no more of the answer than is read.
const bulkPath = "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by"

// maxAnswer bounds an answer: far beyond what a cluster says of a request.
const maxAnswer = 64 << 20

// send writes items and adds to v what was not taken. An error means that none
// of them can be taken as written.
func (s *Sink) send(ctx context.Context, items []item, v *verdict) error {
	if len(items) == 0 {
		return nil
	}
	status, answer, err := s.post(ctx, items)
	switch {
	case err != nil:
		return err
	case status == http.StatusRequestEntityTooLarge && len(items) > 1:
		return s.halves(ctx, items, v)
	case status == http.StatusRequestEntityTooLarge:
		v.refuse(&items[0], fmt.Sprintf("the document has %d bytes, more than the cluster takes in one request (http.max_content_length)", len(items[0].doc)))
		return nil
	case status != http.StatusOK:
		return refusal("index events", status, answer)
	}
	return s.judge(ctx, items, answer, v)
}

// halves sends the items in two requests. What the first half settled is not
// undone if the second fails: its items are tried again.
func (s *Sink) halves(ctx context.Context, items []item, v *verdict) error {
	for _, half := range [][]item{items[:len(items)/2], items[len(items)/2:]} {
		if err := s.send(ctx, half, v); err != nil {
			for i := range half {
				v.again(&half[i], err)
			}
		}
	}
	return nil
}

// post makes one bulk request.
func (s *Sink) post(ctx context.Context, items []item) (status int, answer []byte, err error) {
	b, _ := s.bodies.Get().(*body)
	b.start()
	for i := range items {
		b.add(&items[i])
	}
	b.end()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, bulkPath, b.read(&s.bodies))
	if err != nil {
		return 0, nil, fmt.Errorf("index events: %w", err)
	}
	req.ContentLength = int64(b.buf.Len())
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Content-Encoding", "gzip")
	res, err := s.transport.Perform(req)
	if err != nil {
		return 0, nil, explain("index events", err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read to its end
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("index events: read the answer: %w", err)
	}
	return res.StatusCode, answer, nil
}

// errCounted says that an answer does not belong to its request.
var errCounted = errors.New("index events: the answer does not have a verdict for each document: is there a proxy between that changes answers?")

// judge reads the verdict on each item.
func (s *Sink) judge(ctx context.Context, items []item, answer []byte, v *verdict) error {
	all := gjson.ParseBytes(answer)
	if failed := all.Get("errors"); failed.Type == gjson.False {
		return nil
	} else if failed.Type != gjson.True {
		return errCounted
	}
	n := 0
	var weak []item
	all.Get("items").ForEach(func(_, op gjson.Result) bool {
		if n < len(items) {
			if s.one(&items[n], op, v) {
				weak = append(weak, items[n])
			}
		}
		n++
		return true
	})
	if n != len(items) {
		return errCounted
	}
	return s.weaken(ctx, weak, v)
}

// one reads the verdict on one item: true says that it may be taken with
// its fields of unknown shape out of the way.
func (s *Sink) one(it *item, op gjson.Result, v *verdict) bool {
	var verb gjson.Result
	op.ForEach(func(_, value gjson.Result) bool { verb = value; return false })
	status, fault := int(verb.Get("status").Int()), verb.Get("error")
	kind := fault.Get("type").Str
	switch {
	case status >= 200 && status < 300:
	case status == http.StatusConflict:
		// The event is there already, or a newer revision of the alert.
	case status == http.StatusTooManyRequests, status >= 500, status == 0,
		status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound, kind == "validation_exception":
		// A cluster that is busy, full or locked, an index that may not make
		// itself, or a right that is missing: the event is not at fault, and a
		// person can mend it.
		v.again(it, fmt.Errorf("index events into %s: %s", it.index, reason(fault)))
	case !it.weak:
		it.why = reason(fault)
		return true
	default:
		v.refuse(it, fmt.Sprintf("%s refused it: %s", it.index, reason(fault)))
	}
	return false
}

// reason is what the cluster said, with the cause below it.
func reason(fault gjson.Result) string {
	text := fault.Get("type").Str + ": " + fault.Get("reason").Str
	if cause := fault.Get("caused_by.reason").Str; cause != "" {
		text += ": " + cause
	}
	return text
}
