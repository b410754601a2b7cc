package s3

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
)

const (
	// longPoll is the longest that SQS waits for a message; shortPoll still asks
	// all of its servers, so that an empty answer says that the queue is empty.
	longPoll, shortPoll = 20 * time.Second, time.Second
	// lastAnswer is how long a stop waits for the answer of a request.
	lastAnswer = 3 * time.Second
	// notified is how much later than its object a notification may come.
	notified = 5 * time.Minute
	// mostBodies bounds the bodies of messages in flight, in bytes.
	mostBodies = 16 << 20
)

// receive takes messages from the queue and makes jobs of them until ctx ends. A
// failure of SQS is returned: Run is started again, and status says why.
func (s *source) receive(ctx context.Context, jobs chan<- *job, out ingest.Emitter) error {
	wait := longPoll
	for ctx.Err() == nil {
		room, ok := s.room(ctx)
		if !ok {
			break
		}
		asked := s.env.Now()
		got, err := s.ask(ctx, min(room, atOnce), wait)
		if err != nil && ctx.Err() != nil {
			break
		}
		if err != nil {
			return aws.Explain(err)
		}
		if len(got.Messages) == 0 {
			wait = longPoll
			s.empty(asked, out)
			continue
		}
		wait = shortPoll // so that a queue that is never empty for long is seen to be
		s.takeAll(ctx, got.Messages, asked, jobs)
	}
	return nil
}

// ask asks for messages. SQS hides what it answers with, also when nobody gets the
// answer, so a request is not broken off with ctx but some time later: what it
// brings by then is given back. While messages are coming that is as long as it
// takes; who waits for the first one hardly loses any.
func (s *source) ask(ctx context.Context, most int, wait time.Duration) (*sqs.ReceiveMessageOutput, error) {
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	grace := lastAnswer
	if wait > shortPoll {
		grace = lastAnswer / 10
	}
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	return s.queue.ReceiveMessage(asking, &sqs.ReceiveMessageInput{
		QueueUrl: &s.options.QueueURL, MaxNumberOfMessages: int32(most),
		VisibilityTimeout: int32(s.options.VisibilityTimeout.Seconds()), WaitTimeSeconds: int32(wait.Seconds()),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
	})
}

// room waits until another message may be taken, and says how many.
func (s *source) room(ctx context.Context) (n int, ok bool) {
	for {
		messages, bytes := s.custody.held()
		if n := s.options.MaxMessages - messages; n > 0 && bytes < mostBodies {
			return n, true
		}
		select {
		case <-s.custody.room:
		case <-ctx.Done():
			return 0, false
		}
	}
}

// empty draws the conclusion from an empty queue: all that was notified has been
// handed on. Before the first visibility timeout is over, messages may be invisible that a
// Burstwatch had which was killed.
func (s *source) empty(asked time.Time, out ingest.Emitter) {
	if asked.Sub(s.started) < s.options.VisibilityTimeout || s.backfilling.Load() || !s.custody.emitted() {
		return
	}
	out.Frontier(ingest.Frontier{Through: asked.Add(-notified)})
}

// takeAll makes jobs of messages. All are taken in before the first job waits for
// a download, so that they are kept invisible.
func (s *source) takeAll(ctx context.Context, list []types.Message, asked time.Time, jobs chan<- *job) {
	var all []*job
	for i := range list {
		all = append(all, s.take(&list[i], asked)...)
	}
	for _, j := range all {
		select {
		case jobs <- j:
		case <-ctx.Done():
			j.finish(errStopped, false)
		}
	}
}

// take makes jobs of one message.
func (s *source) take(got *types.Message, asked time.Time) []*job {
	m := newMessage(text(got.MessageId), text(got.Body), text(got.ReceiptHandle))
	m.until, m.sent = asked.Add(s.options.VisibilityTimeout), asked
	if ms, err := strconv.ParseInt(got.Attributes["SentTimestamp"], 10, 64); err == nil {
		m.sent = time.UnixMilli(ms)
	}
	m.known = s.notes.get(m.id)
	jobs := s.jobsOf(m)
	m.open, m.waiting = len(jobs), len(jobs)
	if !s.custody.put(m) {
		return nil
	}
	if len(jobs) == 0 {
		s.custody.nothing(m)
	}
	return jobs
}

// jobsOf are the parts of a message that are not settled yet. Its objects come
// first; what was not understood is one part more.
func (s *source) jobsOf(m *message) (jobs []*job) {
	n := readNotification(m.body)
	s.passed.Add(int64(n.passed))
	for part, r := range n.objects {
		if s.options.excluded(r.key) {
			s.passed.Add(1)
			continue
		}
		jobs = s.part(jobs, m, part, &job{ref: r, refuse: s.custody.rule.verdict(m, part, s.env.Now()), text: m.body})
	}
	for _, fault := range n.faults[:min(len(n.faults), 1)] {
		if more := len(n.faults) - 1; more > 0 {
			fault += fmt.Sprintf(", and %d more faults", more)
		}
		jobs = s.part(jobs, m, len(n.objects), &job{
			refuse: "a notification that is not understood: " + fault, text: m.body,
			name: "sqs://" + path.Base(s.options.QueueURL) + "/" + m.id,
		})
	}
	return jobs
}

// part completes a job and adds it, unless it is settled.
func (s *source) part(jobs []*job, m *message, part int, j *job) []*job {
	if m.known != nil && m.known.Settled[part] {
		return jobs
	}
	if j.refuse != "" {
		s.env.Log.Warn("it goes to quarantine: its notification is kept there", "object", j.label(), "reason", j.refuse)
	}
	j.taken = func() { s.custody.taken(m) }
	j.finish = func(err error, taken bool) { s.custody.finish(m, part, err, taken) }
	return append(jobs, j)
}

// label is what a person would look for.
func (j *job) label() string {
	if j.name != "" {
		return j.name
	}
	return j.ref.String()
}
