package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// cloud stands in for S3 and a standard queue of SQS as their references have
// them, where the emulators are lenient: receipts that are outdated or expired,
// the twelve hours that a message may be invisible, ranges of versions.
type cloud struct {
	mu       sync.Mutex
	objects  map[string][]*object // by bucket/key, the newest version last
	messages []*shown
	count    int
	page     int                                      // keys in a listing
	fails    func(operation, what string) error       // asked before each operation
	cut      func(key string, from int64) (int, bool) // bytes after which a body breaks off; true: it just ends
	requests map[string]int
	given    []int64 // in which order ranges were asked for
	slow     time.Duration
	transit  time.Duration // of messages, on their way to whoever asked
	changed  chan struct{} // closed when a message may have become visible
}

type object struct {
	bucket, key, version, etag string
	data                       []byte
	modified                   time.Time
}

// shown is a message and its showings.
type shown struct {
	id, body, receipt string
	sent, first       time.Time
	until             time.Time // invisible until then
	receives          int
	gone              bool
}

func newCloud() *cloud {
	return &cloud{objects: map[string][]*object{}, page: 1000, requests: map[string]int{}, changed: make(chan struct{})}
}

// put writes an object and returns the version.
func (c *cloud) put(bucket, key string, data []byte) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	sum := md5.Sum(data)
	o := &object{bucket, key, fmt.Sprint("v", c.count), `"` + hex.EncodeToString(sum[:]) + `"`, data, time.Now().Truncate(time.Second)}
	c.objects[bucket+"/"+key] = append(c.objects[bucket+"/"+key], o)
	return o.version
}

// send puts a message into the queue and returns its id.
func (c *cloud) send(body string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	id := fmt.Sprint("m", c.count)
	c.messages = append(c.messages, &shown{id: id, body: body, sent: time.Now()})
	c.change()
	return id
}

// left are the bodies of the messages that are in the queue, visible or not.
func (c *cloud) left() (bodies []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		if !m.gone {
			bodies = append(bodies, m.body)
		}
	}
	return bodies
}

// visible is how many messages another reader would be shown now.
func (c *cloud) visible() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		if !m.gone && !time.Now().Before(m.until) {
			n++
		}
	}
	return n
}

// begin counts a request and fails it where the test says so.
func (c *cloud) begin(operation, what string) error {
	c.mu.Lock()
	c.requests[operation]++
	fails, slow := c.fails, c.slow
	c.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow)
	}
	if fails == nil {
		return nil
	}
	return fails(operation, what)
}

func (c *cloud) asked(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[operation]
}

func (c *cloud) setFails(f func(operation, what string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fails = f
}

func (c *cloud) GetObject(ctx context.Context, in *sdk.GetObjectInput, _ ...func(*sdk.Options)) (*sdk.GetObjectOutput, error) {
	if err := c.begin("GetObject", *in.Key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.objects[*in.Bucket+"/"+*in.Key]
	at := len(all) - 1
	if in.VersionId != nil {
		at = slices.IndexFunc(all, func(o *object) bool { return o.version == *in.VersionId })
	}
	if at < 0 {
		return nil, aws.NewError(aws.NotFound, "s3://"+*in.Bucket+"/"+*in.Key+" does not exist")
	}
	o := all[at]
	if in.IfMatch != nil && *in.IfMatch != o.etag {
		return nil, errReplaced
	}
	out := &sdk.GetObjectOutput{ETag: &o.etag, LastModified: &o.modified}
	data, from := o.data, int64(0)
	if in.Range != nil {
		begin, _, _ := strings.Cut(strings.TrimPrefix(*in.Range, "bytes="), "-")
		from, _ = strconv.ParseInt(begin, 10, 64)
		if from >= int64(len(data)) {
			return nil, errors.New("InvalidRange")
		}
		data = data[from:]
		out.ContentRange = sdkaws.String(fmt.Sprintf("bytes %d-%d/%d", from, len(o.data)-1, len(o.data)))
		c.given = append(c.given, from)
	}
	out.ContentLength = sdkaws.Int64(int64(len(data)))
	body := &body{ctx: ctx, data: bytes.NewReader(data), left: len(data) + 1}
	if c.cut != nil {
		if n, short := c.cut(o.key, from); n >= 0 {
			body.left, body.short = n, short
		}
	}
	out.Body = body
	return out, nil
}

// body is that of an answer; it breaks off when nothing is left.
type body struct {
	ctx   context.Context
	data  *bytes.Reader
	left  int
	short bool
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left == 0 {
		if b.short {
			return 0, io.EOF
		}
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.data.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (b *body) Close() error { return nil }

func (c *cloud) ListObjectsV2(_ context.Context, in *sdk.ListObjectsV2Input, _ ...func(*sdk.Options)) (*sdk.ListObjectsV2Output, error) {
	if err := c.begin("ListObjectsV2", *in.Bucket); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	after, prefix := text(in.StartAfter), text(in.Prefix)
	var keys []string
	for name := range c.objects {
		key, ours := strings.CutPrefix(name, *in.Bucket+"/")
		if ours && strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := &sdk.ListObjectsV2Output{EncodingType: in.EncodingType, IsTruncated: sdkaws.Bool(len(keys) > c.page)}
	for _, key := range keys[:min(len(keys), c.page)] {
		all := c.objects[*in.Bucket+"/"+key]
		o := all[len(all)-1]
		out.Contents = append(out.Contents, s3types.Object{
			Key: sdkaws.String(url.QueryEscape(key)), ETag: &o.etag, Size: sdkaws.Int64(int64(len(o.data))), LastModified: &o.modified,
		})
	}
	return out, nil
}

func (c *cloud) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if err := c.begin("ReceiveMessage", ""); err != nil {
		return nil, err
	}
	end := time.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	for {
		got, changed, next := c.show(in)
		if len(got) > 0 || !time.Now().Before(end) {
			if err := pause(ctx, c.transit); err != nil { // nobody hears of them, and they are hidden
				return nil, err
			}
			return &sqs.ReceiveMessageOutput{Messages: got}, nil
		}
		if next.IsZero() || next.After(end) {
			next = end
		}
		t := time.NewTimer(time.Until(next))
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		t.Stop()
	}
}

// show shows what is visible; if that is nothing, something will be next, or when
// changed is closed.
func (c *cloud) show(in *sqs.ReceiveMessageInput) (got []sqstypes.Message, changed chan struct{}, next time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, m := range c.messages {
		if !m.gone && now.Before(m.until) && (next.IsZero() || m.until.Before(next)) {
			next = m.until
		}
		if m.gone || now.Before(m.until) || len(got) == int(in.MaxNumberOfMessages) {
			continue
		}
		m.receives++
		m.receipt = fmt.Sprintf("%s#%d", m.id, m.receives)
		m.first, m.until = now, now.Add(time.Duration(in.VisibilityTimeout)*time.Second)
		got = append(got, sqstypes.Message{
			MessageId: &m.id, Body: &m.body, ReceiptHandle: sdkaws.String(m.receipt),
			Attributes: map[string]string{"SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10)},
		})
	}
	return got, c.changed, next
}

// change wakes whoever waits for a message; the caller holds the lock.
func (c *cloud) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// showAgain shows a message though it is invisible, as SQS does now and then.
func (c *cloud) showAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		m.until = time.Time{}
	}
	c.change()
}

// of finds the message of a receipt; current says that it is the last one given out.
func (c *cloud) of(receipt string) (m *shown, current bool) {
	id, _, _ := strings.Cut(receipt, "#")
	for _, m := range c.messages {
		if m.id == id {
			return m, m.receipt == receipt
		}
	}
	return nil, false
}

func (c *cloud) DeleteMessageBatch(_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	if err := c.begin("DeleteMessageBatch", ""); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &sqs.DeleteMessageBatchOutput{}
	if n := len(in.Entries); n == 0 || n > 10 {
		return nil, fmt.Errorf("TooManyEntriesInBatchRequest: %d", n)
	}
	for _, e := range in.Entries {
		switch m, current := c.of(*e.ReceiptHandle); {
		case m == nil:
			out.Failed = append(out.Failed, invalidReceipt(e.Id))
		case current: // by a receipt that has expired too, as long as there is no newer one
			m.gone = true
			out.Successful = append(out.Successful, sqstypes.DeleteMessageBatchResultEntry{Id: e.Id})
		default: // "the request succeeds, but the message might not be deleted"
			out.Successful = append(out.Successful, sqstypes.DeleteMessageBatchResultEntry{Id: e.Id})
		}
	}
	return out, nil
}

func invalidReceipt(id *string) sqstypes.BatchResultErrorEntry {
	return sqstypes.BatchResultErrorEntry{Id: id, SenderFault: true, Code: sdkaws.String("ReceiptHandleIsInvalid"), Message: sdkaws.String("it is none")}
}

func (c *cloud) ChangeMessageVisibilityBatch(_ context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	if err := c.begin("ChangeMessageVisibilityBatch", ""); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &sqs.ChangeMessageVisibilityBatchOutput{}
	if n := len(in.Entries); n == 0 || n > 10 {
		return nil, fmt.Errorf("TooManyEntriesInBatchRequest: %d", n)
	}
	now := time.Now()
	for _, e := range in.Entries {
		m, current := c.of(*e.ReceiptHandle)
		until := now.Add(time.Duration(e.VisibilityTimeout) * time.Second)
		if m == nil || !current || m.gone || !now.Before(m.until) || until.Sub(m.first) > 12*time.Hour {
			out.Failed = append(out.Failed, invalidReceipt(e.Id))
			continue
		}
		m.until = until
		c.change()
		out.Successful = append(out.Successful, sqstypes.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

// process is the cloud as one process reaches it, which can be killed: then
// nothing that it asks for arrives.
type process struct {
	*cloud
	dead atomic.Bool
}

var errKilled = aws.NewError(aws.Unreachable, "this process was killed")

func (p *process) GetObject(ctx context.Context, in *sdk.GetObjectInput, o ...func(*sdk.Options)) (*sdk.GetObjectOutput, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.cloud.GetObject(ctx, in, o...)
}

func (p *process) ListObjectsV2(ctx context.Context, in *sdk.ListObjectsV2Input, o ...func(*sdk.Options)) (*sdk.ListObjectsV2Output, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.cloud.ListObjectsV2(ctx, in, o...)
}

func (p *process) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, o ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.cloud.ReceiveMessage(ctx, in, o...)
}

func (p *process) DeleteMessageBatch(ctx context.Context, in *sqs.DeleteMessageBatchInput, o ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.cloud.DeleteMessageBatch(ctx, in, o...)
}

func (p *process) ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput, o ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.cloud.ChangeMessageVisibilityBatch(ctx, in, o...)
}
