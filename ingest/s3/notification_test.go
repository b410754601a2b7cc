package s3

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// announce is S3's own notification of an object.
func announce(keys ...string) string { return records("ObjectCreated:Put", keys...) }

func records(name string, keys ...string) string {
	var list []string
	for _, key := range keys {
		list = append(list, fmt.Sprintf(`{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-2","eventName":%q,
			"s3":{"s3SchemaVersion":"1.0","bucket":{"name":%q,"arn":"arn:aws:s3:::%s"},"object":{"key":%q,"size":1,"eTag":"e","sequencer":"0"}}}`,
			name, bucket, bucket, url.QueryEscape(key)))
	}
	return `{"Records":[` + strings.Join(list, ",") + `]}`
}

// quoted is a text as JSON.
func quoted(s any) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func inSNS(message string) string {
	return `{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-2:111122223333:t","Subject":"Amazon S3 Notification","Message":` + quoted(message) +
		`,"Timestamp":"2026-11-05T10:00:00.000Z","SignatureVersion":"1","Signature":"x","UnsubscribeURL":"https://x"}`
}

func bridged(key, version string) string {
	return `{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333","region":"eu-west-2","resources":["arn:aws:s3:::` + bucket +
		`"],"detail":{"version":"0","bucket":{"name":"` + bucket + `"},"object":{"key":` + quoted(key) + `,"size":5,"etag":"e","version-id":` + quoted(version) + `},"reason":"PutObject"}}`
}

// TestNotifications compares what is read of each message with what stands
// beside it: the objects, how many events bring nothing, and faults.
func TestNotifications(t *testing.T) {
	text, err := os.ReadFile("testdata/notifications.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := txtar.Parse(text).Files
	for i := 0; i+1 < len(files); i += 2 {
		n := readNotification(strings.TrimSpace(string(files[i].Data)))
		var got strings.Builder
		for _, r := range n.objects {
			fmt.Fprintf(&got, "%s %s\n", r, r.version)
		}
		if n.passed > 0 {
			fmt.Fprintf(&got, "passed %d\n", n.passed)
		}
		for _, f := range n.faults {
			fmt.Fprintf(&got, "fault: %s\n", f)
		}
		if got.String() != string(files[i+1].Data) {
			t.Errorf("%s:\n%swant\n%s", files[i].Name, &got, files[i+1].Data)
		}
	}
}

// What a key is, it stays in every wrapping.
func TestEveryWrappingTellsTheSameKeys(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.OneOf(rapid.StringMatching(`[ -~]{1,20}`), rapid.StringN(1, 20, -1)), 1, 5, rapid.ID[string]).Draw(r, "keys")
		var want []ref
		for _, k := range keys {
			want = append(want, ref{bucket: bucket, key: strings.ToValidUTF8(k, "\ufffd")})
		}
		for i := range keys {
			keys[i] = want[i].key
		}
		plain := announce(keys...)
		for name, body := range map[string]string{
			"plain": plain, "SNS": inSNS(plain), "SNS twice": inSNS(inSNS(plain)),
			"CloudTrail": inSNS(`{"s3Bucket":"` + bucket + `","s3ObjectKey":` + quoted(keys) + `}`),
		} {
			n := readNotification(body)
			if !slices.Equal(n.objects, want) || len(n.faults) > 0 {
				r.Fatalf("%s: %q %q, want %q", name, n.objects, n.faults, want)
			}
		}
		for _, body := range []string{bridged(keys[0], "v1"), inSNS(bridged(keys[0], "v1"))} {
			n := readNotification(body)
			if !slices.Equal(n.objects, []ref{{bucket, keys[0], "v1"}}) || len(n.faults) > 0 {
				r.Fatalf("EventBridge: %+v", n)
			}
		}
	})
}

// FuzzNotification holds that no message is dropped silently: it has objects, or
// is of an event that brings none, or has a fault.
func FuzzNotification(f *testing.F) {
	text, err := os.ReadFile("testdata/notifications.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for i, file := range txtar.Parse(text).Files {
		if i%2 == 0 {
			f.Add(strings.TrimSpace(string(file.Data)))
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		n := readNotification(body)
		if len(n.objects) == 0 && n.passed == 0 && len(n.faults) == 0 {
			t.Errorf("%q says nothing", body)
		}
		seen := map[ref]bool{}
		for _, r := range n.objects {
			if r.bucket == "" || r.key == "" || seen[r] {
				t.Errorf("%q: %q", body, n.objects)
			}
			seen[r] = true
		}
		for _, fault := range n.faults {
			if strings.TrimSpace(fault) == "" {
				t.Error("a fault without words")
			}
		}
	})
}
