package s3

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ref names an object.
type ref struct{ bucket, key, version string }

// String is what a person would look for.
func (r ref) String() string { return "s3://" + r.bucket + "/" + r.key }

// notification is what a message says.
type notification struct {
	// objects were written, each once.
	objects []ref
	// faults are records that cannot be understood, in words.
	faults []string
	// passed are events that bring no content: tests, removals, restorals.
	passed int
}

// envelope is the union of the forms in which objects are announced: by S3
// itself, by EventBridge, by CloudTrail and Config on their own topics, and by
// SNS around each of these. Nobody's fields mean different things in two forms.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
type envelope[R record | json.RawMessage] struct {
	Records []R `json:"Records"`
	// Event is that of the message by which S3 tries a destination.
	Event string `json:"Event"`

	// Of SNS.
	Type     string  `json:"Type"`
	TopicARN string  `json:"TopicArn"`
	Message  *string `json:"Message"`

	// Of EventBridge.
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Detail     json.RawMessage `json:"detail"`

	// Of CloudTrail, a list of keys, and of Config, one.
	Bucket string          `json:"s3Bucket"`
	Keys   json.RawMessage `json:"s3ObjectKey"`
}

// record is one of S3's own.
type record struct {
	EventSource string `json:"eventSource"`
	EventName   string `json:"eventName"`
	S3          struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key     string `json:"key"`
			Version string `json:"versionId"`
		} `json:"object"`
	} `json:"s3"`
}

// detail is EventBridge's of an object.
type detail struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key     string `json:"key"`
		Version string `json:"version-id"`
	} `json:"object"`
}

// deepest is how many envelopes may lie in each other: SNS around EventBridge
// around nothing else is two.
const deepest = 4

// readNotification understands a message. Each object is there once; faults say
// what was not understood.
func readNotification(body string) notification {
	var n notification
	n.read(body, deepest)
	seen := map[ref]bool{}
	kept := n.objects[:0]
	for _, r := range n.objects {
		if !seen[r] {
			seen[r] = true
			kept = append(kept, r)
		}
	}
	n.objects = kept
	return n
}

func (n *notification) fault(format string, args ...any) {
	n.faults = append(n.faults, fmt.Sprintf(format, args...))
}

func (n *notification) read(body string, depth int) {
	var usual envelope[record]
	if json.Unmarshal([]byte(body), &usual) == nil {
		open(n, &usual, depth, func(i int, r *record) { n.record(i, r, nil) })
		return
	}
	// A record of another shape does not cost the others: each by itself.
	var each envelope[json.RawMessage]
	if err := json.Unmarshal([]byte(body), &each); err != nil {
		n.fault("the message is no JSON object of a form that S3, SNS, EventBridge or CloudTrail writes: %s", inWords(err))
		return
	}
	open(n, &each, depth, func(i int, raw *json.RawMessage) {
		var r record
		err := json.Unmarshal(*raw, &r)
		n.record(i, &r, err)
	})
}

// open reads what an envelope holds.
func open[R record | json.RawMessage](n *notification, e *envelope[R], depth int, read func(int, *R)) {
	switch {
	case depth == 0:
		n.fault("the message lies in more than %d envelopes", deepest)
	case e.Records != nil && len(e.Records) == 0:
		n.fault("its list of records is empty")
	case e.Records != nil:
		for i := range e.Records {
			read(i, &e.Records[i])
		}
	case e.Event == "s3:TestEvent":
		n.passed++
	case e.Type == "Notification" && e.Message != nil:
		n.wrapped(*e.Message, depth)
	case e.Source == "aws.s3":
		n.bridged(e.DetailType, e.Detail)
	case e.Bucket != "" && e.Keys != nil:
		n.keys(e.Bucket, e.Keys)
	case e.Type != "":
		n.fault("SNS sent a %s, which names no object", e.Type)
	case e.Source != "" || e.DetailType != "":
		n.fault("EventBridge sent %q of %q: its rule should select Object Created of aws.s3", e.DetailType, e.Source)
	default:
		n.fault("the message has none of the fields by which S3, SNS, EventBridge or CloudTrail name an object")
	}
}

// wrapped is what SNS carries. CloudTrail tries a topic with a sentence.
func (n *notification) wrapped(message string, depth int) {
	if strings.HasPrefix(message, "CloudTrail validation message") {
		n.passed++
		return
	}
	n.read(message, depth-1)
}

// record takes one of S3's records, or says what is wrong with it.
func (n *notification) record(i int, r *record, err error) {
	name := strings.TrimPrefix(r.EventName, "s3:")
	switch {
	case err != nil:
		n.fault("record %d: %s", i, inWords(err))
	case r.EventSource != "" && r.EventSource != "aws:s3":
		n.fault("record %d is of %q, not of aws:s3", i, r.EventSource)
	case name == "":
		n.fault("record %d has no eventName", i)
	case name == "TestEvent" || !strings.HasPrefix(name, "ObjectCreated:"):
		n.passed++ // removed, restored, tagged, moved to another storage class: nothing new to read
	default:
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			n.fault("record %d: the key %q is not encoded as a URL: %v", i, r.S3.Object.Key, err)
			return
		}
		n.add(fmt.Sprintf("record %d", i), ref{r.S3.Bucket.Name, key, r.S3.Object.Version})
	}
}

// bridged is an event of EventBridge, whose keys are not encoded.
func (n *notification) bridged(kind string, raw json.RawMessage) {
	if kind != "Object Created" {
		n.passed++
		return
	}
	var d detail
	if err := json.Unmarshal(raw, &d); err != nil {
		n.fault("the detail of the event: %s", inWords(err))
		return
	}
	n.add("the event", ref{d.Bucket.Name, d.Object.Key, d.Object.Version})
}

// keys are those of CloudTrail's and Config's notifications, not encoded either.
func (n *notification) keys(bucket string, raw json.RawMessage) {
	var one string
	var list []string
	if json.Unmarshal(raw, &one) == nil {
		list = []string{one}
	} else if err := json.Unmarshal(raw, &list); err != nil {
		n.fault("s3ObjectKey is neither a key nor a list of keys")
		return
	}
	if len(list) == 0 {
		n.fault("s3ObjectKey names no key")
	}
	for i, key := range list {
		n.add(fmt.Sprintf("key %d", i), ref{bucket: bucket, key: key})
	}
}

func (n *notification) add(where string, r ref) {
	switch {
	case r.bucket == "":
		n.fault("%s names no bucket", where)
	case strings.ContainsAny(r.bucket, "/\x00"):
		n.fault("%s names the bucket %q, which can be none", where, r.bucket)
	case r.key == "":
		n.fault("%s names no key", where)
	default:
		n.objects = append(n.objects, r)
	}
}

// inWords is what is wrong with JSON, without Go's names of types.
func inWords(err error) string {
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) && shape.Field == "" {
		return "its type is " + shape.Value
	} else if shape != nil {
		return fmt.Sprintf("the type of %q is %s", shape.Field, shape.Value)
	}
	return err.Error()
}
