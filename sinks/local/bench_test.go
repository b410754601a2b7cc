package local

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// trail is an event of the size and variety that CloudTrail has: about 3 KB
// and 90 words.
func trail(i int) *event.Event {
	role := "arn:aws:iam::111111111111:role/show-" + strconv.Itoa(i%40)
	f := fact{
		id: strconv.Itoa(i), at: noon.Add(time.Duration(i) * 7 * time.Millisecond), user: fmt.Sprintf("artist%d@studio.example", i%300),
		ip: fmt.Sprintf("10.%d.%d.%d", i%3, i%200, i%250), action: []string{"Decrypt", "GetObject", "DescribeInstances", "AssumeRole"}[i%4],
		more: fmt.Sprintf(`,"aws":{"cloudtrail":{"event_type":"AwsApiCall","request_id":"%08x-1c0e-4a51-9d55-2f0d3c1e7a10","user_identity":{"arn":"%s","type":"AssumedRole","access_key_id":"ASIA%012d"},`+
			`"flattened":{"request_parameters":{"bucketName":"sable-content-%d","key":"shots/%03d/plate_%04d.exr","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::sable-content-%d"}}},`+
			`"resources":[{"arn":"arn:aws:kms:us-east-1:111111111111:key/0a1b2c3d-%04d"}]}},"user_agent":{"original":"aws-sdk-go-v2/1.30.%d os/linux lang/go#1.22 md/GOARCH#amd64 api/s3#1.5"}`,
			i*2654435761, role, i, i%10, i%500, i, i%10, i%20, i%5),
	}
	e := f.event()
	e.Doc = append(e.Doc[:len(e.Doc)-1], `,"event.original":"`+strings.Repeat("z", 1500)+`"}`...)
	e.Doc = []byte(strings.Replace(string(e.Doc), `"event.original":`, `"event":{"original":`, 1) + "}")
	return e
}

func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		name   string
		batch  int
		search bool
	}{{"batches of 1000, with search", 1000, true}, {"batches of 1000, without", 1000, false}, {"batches of 100, with search", 100, true}, {"single events, with search", 1, true}} {
		b.Run(c.name, func(b *testing.B) {
			s := mustOpen(b, b.TempDir(), Options{Search: c.search})
			n := 0
			events := make([]*event.Event, c.batch)
			for b.Loop() {
				b.StopTimer()
				for i := range events {
					events[i] = trail(n)
					n++
				}
				b.StartTimer()
				mustWrite(b, s, events...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			info := must[Info](b)(s.Store().Info(b.Context()))
			b.ReportMetric(float64(info.Bytes)/float64(n), "disk-B/event")
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	var x indexer
	doc := trail(4711).Doc
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		x.words(doc)
	}
	b.ReportMetric(float64(strings.Count(string(x.words(doc)), " ")+1), "words")
}

func BenchmarkQuery(b *testing.B) {
	s := mustOpen(b, b.TempDir(), Options{Search: true})
	const n = 50000
	for at := 0; at < n; at += 1000 {
		var events []*event.Event
		for i := range 1000 {
			events = append(events, trail(at+i))
		}
		mustWrite(b, s, events...)
	}
	for name, f := range map[string]Filter{
		"newest": {}, "user": {User: "artist7@studio.example"}, "frequent word": {Text: "decrypt"}, "rare word": {Text: "asia000000004711"},
		"prefix": {Text: "artist"}, "two words": {Text: "decrypt artist8"}, "action": {Action: "Decrypt"}, "account and time": {Account: "111111111111", From: noon.Add(time.Minute), To: noon.Add(2 * time.Minute)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				paged[EventRow](b)(s.Store().Events(b.Context(), f))
			}
		})
	}
}
