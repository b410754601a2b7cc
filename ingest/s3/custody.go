package s3

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// queue is what the source calls of SQS.
type queue interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}

// custody keeps the messages in flight: it keeps them invisible for others while
// they are worked on, and tells SQS what becomes of them. It has a goroutine for
// as long as there is one, because objects settle after Run has returned.
type custody struct {
	queue      queue
	url        string
	visibility time.Duration
	rule       rule
	notes      *notes
	log        *slog.Logger
	now        func() time.Time

	mu      sync.Mutex
	all     map[string]*message
	bytes   int           // of their bodies
	done    memory        // those that were deleted: SQS may show them once more
	serving bool          // Run goes on
	alive   bool          // the goroutine does
	owed    time.Time     // until then something that failed is expected back
	notify  chan struct{} // there is something to tell
	room    chan struct{} // a message has left
	failing bool          // SQS was told something in vain, and that was reported
}

// Times of custody.
const (
	// gather is how long SQS is told nothing, so that one request tells more.
	gather = 100 * time.Millisecond
	// tellPause is how long to wait before what failed is told again.
	tellPause = 5 * time.Second
	// tellTimeout bounds one request; lastTimeout does while the pipeline ends.
	tellTimeout = 30 * time.Second
	lastTimeout = 4 * time.Second
	// longestWait is how long what cannot be read holds up the frontier. Rules
	// do not wait longer for a source that is broken as a whole either.
	longestWait = 15 * time.Minute
)

// put takes a message in; false says that it needs no work: it is here already,
// or was dealt with.
func (c *custody) put(m *message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wake()
	if had := c.all[m.id]; had != nil {
		had.receipt, had.until, had.lost, had.next = m.receipt, m.until, false, time.Time{}
		return false
	}
	c.all[m.id] = m
	c.bytes += len(m.body)
	if c.done.has(m.id) {
		m.fate = deleted
		return false
	}
	return true
}

// wake has the goroutine look; the caller holds the lock.
func (c *custody) wake() {
	if !c.alive && len(c.all) > 0 {
		c.alive = true
		go c.run()
	}
	poke(c.notify)
}

// taken says that a worker has taken one part of a message.
func (c *custody) taken(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.waiting--
}

// finish says what became of one part of a message, and decides on the message
// with the last part. When the source runs no more it returns when SQS has been
// told, since nobody else waits for that.
func (c *custody) finish(m *message, part int, err error, wasTaken bool) {
	c.mu.Lock()
	m.open--
	if !wasTaken {
		m.waiting--
	}
	switch {
	case err == nil:
		m.settled[part] = true
	case errors.Is(err, errStopped):
		m.stopped = true
	default:
		m.failures[part] = err
	}
	if m.open > 0 {
		c.mu.Unlock()
		return
	}
	serving := c.decide(m)
	c.mu.Unlock()
	if !serving {
		<-m.told
	}
}

// nothing decides on a message that has no part to be read.
func (c *custody) nothing(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decide(m)
}

// decide decides on a message and notes what is known of it. It reports whether
// Run goes on. The caller holds the lock.
func (c *custody) decide(m *message) (serving bool) {
	x, fresh := m.conclude(c.rule, c.now())
	if x != nil {
		c.notes.put(m.id, *x)
	}
	if fresh {
		if back := c.now().Add(m.hide + c.visibility); back.After(c.owed) {
			c.owed = back
		}
	}
	c.wake()
	return c.serving
}

// begin says that Run goes on.
func (c *custody) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving = true
}

// end says that Run does not, and returns when SQS knows of all messages whose
// fate is decided.
func (c *custody) end() {
	c.mu.Lock()
	c.serving = false
	var wait []*message
	for _, m := range c.all {
		if m.fate != working {
			wait = append(wait, m)
		}
	}
	c.wake()
	c.mu.Unlock()
	for _, m := range wait {
		<-m.told
	}
}

// held is how many messages are here, and the bytes of their bodies.
func (c *custody) held() (messages, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all), c.bytes
}

// emitted reports whether workers have taken every part of what is here, nothing
// of it has failed, and nothing that failed is expected back.
func (c *custody) emitted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Before(c.owed) {
		return false
	}
	for _, m := range c.all {
		if m.waiting > 0 || len(m.failures) > 0 && m.fate == working {
			return false
		}
	}
	return true
}

// run tells SQS what there is to tell until there is no message any more.
func (c *custody) run() {
	for {
		c.tell()
		wait, hurry, over := c.idle()
		if over {
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-c.notify:
			if !hurry {
				t.Reset(gather)
				<-t.C
			}
		case <-t.C:
		}
		t.Stop()
	}
}

// idle is how long there is nothing to tell; hurry says not to wait for more when
// there is, over that there is nobody left to speak of.
func (c *custody) idle() (wait time.Duration, hurry, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) == 0 {
		c.alive = false
		return 0, false, true
	}
	wait = c.visibility / 3
	for _, m := range c.all {
		due := m.next
		if m.fate == working {
			due = m.until.Add(-2 * c.visibility / 3)
		}
		if m.fate != working || !m.lost {
			wait = min(wait, max(due.Sub(c.now()), 0))
		}
	}
	return wait, !c.serving, false
}

// poke wakes whoever waits on a channel of one.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
