package pipeline

import (
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/spool"
)

// readBack reads from the spool what the sink may take next, no more ahead than
// one write holds. It returns when to try again after a failure; zero: when
// notified.
func (o *outlet) readBack(now time.Time) (again time.Time) {
	if o.spool == nil {
		return time.Time{}
	}
	o.tidy()
	q, b := o.queue, o.Options.Batch
	if !q.wantsMore(b) {
		return time.Time{}
	}
	if now.Before(o.readAt) {
		return o.readAt
	}
	c, err := o.spool.store.Read(o.most, int64(b.MaxBytes))
	if err != nil {
		o.readFails++
		o.readAt = now.Add(o.wait.after(o.readFails))
		o.spool.health.bad(o.log, o.now(), err, err.Error(), o.readFails)
		return o.readAt
	}
	o.readFails, o.readAt = 0, time.Time{}
	if c != nil {
		o.hold(c)
	}
	q.mu.Lock()
	q.unread = o.spool.store.Unread()
	q.mu.Unlock()
	return time.Time{}
}

// suspectsAhead is how many events that failed alone may be in memory beside one
// write's: others are to get past them, or it would not show that they are the
// reason.
const suspectsAhead = 256

// wantsMore reports whether more is to be read back.
func (q *queue) wantsMore(b Batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.unread || q.end || len(q.events.stored) > 0 {
		return false
	}
	in, suspects := q.stored, 0
	for i := range q.events.again {
		if e := &q.events.again[i]; e.alone && e.of.stored {
			suspects++
			in.count--
			in.bytes -= int64(len(e.event.Doc))
		}
	}
	return in.count < b.MaxEvents && in.bytes < int64(b.MaxBytes) && suspects < suspectsAhead
}

// hold puts what was read back in front of what is fresh. The spool is told when
// the sink, or the quarantine, has all of it.
func (o *outlet) hold(c *spool.Chunk) {
	b := event.NewBatch(0, func(_ *event.Batch, err error) {
		if err == nil {
			o.spool.store.Done(c)
			poke(o.queue.notify)
		}
	})
	if len(c.Damaged) > 0 {
		o.damaged(c, b)
	}
	if len(c.Records) == 0 {
		b.Done(nil)
		return
	}
	d := &delivery{batch: b, since: time.Unix(0, c.Records[0].Since), stored: true}
	size := int64(0)
	for i := range c.Records {
		d.events = append(d.events, o.restored(&c.Records[i]))
		size += int64(len(c.Records[i].Doc))
	}
	d.left.Store(int64(len(d.events)))
	q := o.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events.stored = append(q.events.stored, d)
	q.stored.count += len(d.events)
	q.stored.bytes += size
}

// damaged sends to quarantine what cannot be read back.
func (o *outlet) damaged(c *spool.Chunk, b *event.Batch) {
	var lines []byte
	records := 0
	for _, d := range c.Damaged {
		r := quarantine.Record{Time: o.now(), Sink: o.Name, Origin: "spool/" + o.Name + "/" + d.Segment, Offset: d.Offset, Reason: d.Reason, Raw: d.Raw}
		lines = r.Append(lines)
		records += d.Records
	}
	o.log.Error("a part of the spool is damaged: it goes to quarantine, and reading goes on", "segment", c.Damaged[0].Segment,
		"offset", c.Damaged[0].Offset, "records", records, "reason", c.Damaged[0].Reason)
	b.Hold(1)
	o.keep.add(lines, len(c.Damaged), func(err error) {
		if err == nil {
			o.quarantined.Add(int64(records))
		}
		b.Done(err)
	})
}

// alertDataset is that of alerts, which lie in a spool only where they are sent
// again from quarantine.
const alertDataset = "burstwatch.alert"

// restored is the event of a record, as far as sinks and quarantine look at it.
func (o *outlet) restored(r *spool.Record) *event.Event {
	if o.schema == nil || o.schema.dataset != r.Dataset {
		o.schema = &storedSchema{r.Dataset}
	}
	return &event.Event{Schema: o.schema, Alert: r.Dataset == alertDataset, DeliveryID: r.ID, Time: r.Time, Created: r.Created, Offset: r.Offset, Doc: r.Doc,
		Origin: &event.Origin{Source: r.Source, Name: r.Origin, Identity: r.Identity, Dataset: r.Dataset}}
}

// tidy frees what the sink has of the spool.
func (o *outlet) tidy() {
	before := o.spool.store.Stats().Bytes
	if err := o.spool.store.Settle(); err != nil {
		o.spool.health.bad(o.log, o.now(), err, err.Error(), 1)
	}
	if o.spool.store.Stats().Bytes < before {
		poke(o.spool.room)
		o.eased()
	}
}

// storedSchema is the schema of an event of which only the document is left.
type storedSchema struct{ dataset string }

func (s *storedSchema) Dataset() string                        { return s.dataset }
func (*storedSchema) Getter(string) event.Getter               { return nil }
func (*storedSchema) Index() []string                          { return nil }
func (*storedSchema) ID(*event.Event, *event.Scratch) event.ID { return event.ID{} }

func (*storedSchema) Fields(dst []event.Field, _ *event.Event, _ *event.Scratch) []event.Field {
	return dst
}
