package s3

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// atOnce is how many messages one request may speak of.
const atOnce = 10

// word is what SQS is to be told of one message, as it was when it was written down.
type word struct {
	m       *message
	receipt string
	fate    fate
	hide    time.Duration // invisible for so long from now on
}

// tell tells SQS all that is due.
func (c *custody) tell() {
	remove, change := c.due()
	for part := range slices.Chunk(remove, atOnce) {
		c.heard(part, c.remove(part))
	}
	for part := range slices.Chunk(change, atOnce) {
		c.heard(part, c.change(part))
	}
}

// due is what is to be told now: what is to be deleted, and what is to become
// visible, soon, later, or not yet.
func (c *custody) due() (remove, change []word) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for _, m := range c.all {
		switch {
		case m.next.After(now):
		case m.fate == deleted:
			remove = append(remove, word{m, m.receipt, deleted, 0})
		case m.fate == givenBack:
			change = append(change, word{m, m.receipt, givenBack, m.hide})
		case !m.lost && m.until.Sub(now) <= 2*c.visibility/3:
			change = append(change, word{m, m.receipt, working, c.visibility})
		}
	}
	return remove, change
}

// remove deletes messages, and returns which of the words were in vain and why.
func (c *custody) remove(words []word) map[int]error {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &c.url}
	for i, w := range words {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: number(i), ReceiptHandle: &w.receipt})
	}
	ctx, cancel := c.bounded()
	defer cancel()
	out, err := c.queue.DeleteMessageBatch(ctx, in)
	if err != nil {
		return inVain(len(words), nil, err)
	}
	return inVain(len(words), out.Failed, nil)
}

// change changes for how long messages are invisible.
func (c *custody) change(words []word) map[int]error {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &c.url}
	for i, w := range words {
		seconds := int32(min(math.Ceil(w.hide.Seconds()), 43200))
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: number(i), ReceiptHandle: &w.receipt, VisibilityTimeout: seconds})
	}
	ctx, cancel := c.bounded()
	defer cancel()
	out, err := c.queue.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return inVain(len(words), nil, err)
	}
	return inVain(len(words), out.Failed, nil)
}

// bounded is a context of its own: what is told outlives Run.
func (c *custody) bounded() (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.serving {
		return context.WithTimeout(context.Background(), tellTimeout)
	}
	return context.WithTimeout(context.Background(), lastTimeout)
}

// stale is an answer that says that the receipt is no good any more.
type stale struct{ error }

// inVain are the words of a request that had no effect, by their number.
func inVain(n int, failed []types.BatchResultErrorEntry, err error) map[int]error {
	out := map[int]error{}
	if err != nil {
		for i := range n {
			out[i] = aws.Explain(err)
		}
	}
	for _, f := range failed {
		i, bad := strconv.Atoi(text(f.Id))
		if bad != nil || i < 0 || i >= n {
			continue
		}
		why := refused{text(f.Code), text(f.Message)}
		if f.SenderFault || strings.Contains(why.code, "ReceiptHandle") || strings.Contains(why.code, "MessageNotInflight") {
			out[i] = stale{why}
		} else {
			out[i] = why
		}
	}
	return out
}

// refused is SQS's reason for one entry of a request.
type refused struct{ code, message string }

// Error is code and message.
func (r refused) Error() string { return r.code + ": " + r.message }

// heard takes in what became of some words.
func (c *custody) heard(words []word, vain map[int]error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for i, w := range words {
		err := vain[i]
		c.report(err)
		_, gone := err.(stale) //nolint:errorlint // it is ours, and never wrapped
		switch m := w.m; {
		case w.receipt != m.receipt: // it came again meanwhile: the newer receipt is told
		case w.fate == working:
			c.extended(m, err, gone, now)
		case err == nil || gone || !c.serving: // it comes back by itself in the end
			c.leave(m)
		default:
			m.next = now.Add(tellPause)
		}
	}
}

// extended takes in what became of keeping a message invisible.
func (c *custody) extended(m *message, err error, gone bool, now time.Time) {
	switch {
	case err == nil:
		m.until = now.Add(c.visibility)
	case gone:
		m.lost = true // it is shown to others; should it come to us, its receipt will
	default:
		m.until = now.Add(2*c.visibility/3 + tellPause) // again soon
	}
}

// leave lets a message go. What was to be deleted is settled, whether or not SQS
// took it: should it be shown once more, it needs no work.
func (c *custody) leave(m *message) {
	if m.fate == deleted {
		c.done.add(m.id)
		if m.known != nil {
			c.notes.remove(m.id)
		}
	}
	delete(c.all, m.id)
	c.bytes -= len(m.body)
	close(m.told)
	poke(c.room)
}

// report reports the first of a row of failures.
func (c *custody) report(err error) {
	_, gone := err.(stale) //nolint:errorlint // it is ours, and never wrapped
	switch {
	case gone:
		c.log.Debug("a message was shown to others before it was done with", "error", err)
	case err == nil:
		c.failing = false
	case !c.failing:
		c.failing = true
		c.log.Error("SQS was told in vain what became of messages: they may come again", "error", err)
	}
}

func number(i int) *string {
	s := strconv.Itoa(i)
	return &s
}
