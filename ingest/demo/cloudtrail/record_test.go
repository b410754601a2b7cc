package cloudtrail

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// order is how keys stand in the records that AWS writes to S3.
var order = map[string][]string{
	"record": {
		"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
		"requestParameters", "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion", "managementEvent",
		"recipientAccountId", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "serviceEventDetails", "eventCategory", "tlsDetails", "sessionCredentialFromConsole",
	},
	"userIdentity": {
		"type", "principalId", "arn", "accountId", "accessKeyId", "userName", "sessionContext", "invokedBy", "identityProvider", "onBehalfOf", "credentialId",
	},
	"sessionContext": {"sessionIssuer", "webIdFederationData", "attributes", "ec2RoleDelivery"},
	"resources":      {"accountId", "type", "ARN"},
}

// outOfOrder finds keys of a record that stand elsewhere than in order.
func outOfOrder(t *testing.T, raw []byte) (found []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	found = walk(t, d, "record")
	return found
}

// walk reads a value; name is the key that it stands under.
func walk(t *testing.T, d *json.Decoder, name string) (found []string) {
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for token == json.Delim('{') && d.More() {
		key, _ := d.Token()
		if want, known := order[name]; known {
			n := slices.Index(want, key.(string))
			if n <= last {
				found = append(found, name+"."+key.(string))
			}
			last = n
		}
		below := key.(string)
		if name == "requestParameters" || name == "responseElements" || name == "elsewhere" {
			below = "elsewhere"
		}
		found = append(found, walk(t, d, below)...)
	}
	for token == json.Delim('[') && d.More() {
		found = append(found, walk(t, d, name)...)
	}
	if _, nested := token.(json.Delim); nested {
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// aDay is some work of every stream at several times of the day.
func aDay(t *testing.T) (all []json.RawMessage) {
	t.Helper()
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w := NewWork(st, 42, begin, begin)
	for _, hour := range []int{2, 9, 13, 21} {
		from := begin.Add(time.Duration(hour) * time.Hour)
		for _, s := range Streams(st) {
			var b Bundle
			w.Fill(&b, s, Window{From: from, To: from.Add(5 * time.Minute), Usual: 6 * time.Minute, Most: 15 * time.Minute}, 200_000)
			err := b.Files(1<<20, func(body []byte, records int) error {
				var file struct{ Records []json.RawMessage }
				if err := json.Unmarshal(body, &file); err != nil {
					return err
				}
				if len(file.Records) != records {
					t.Errorf("%d records, announced %d", len(file.Records), records)
				}
				all = append(all, file.Records...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

func TestKeysStandAsInRealRecords(t *testing.T) {
	for _, raw := range aDay(t) {
		if bad := outOfOrder(t, raw); bad != nil {
			t.Fatalf("%v out of order in %s", bad, raw)
		}
	}
}

// TestRealRecordsHaveTheOrderThatWeKeep holds the order itself against records
// that AWS wrote.
func TestRealRecordsHaveTheOrderThatWeKeep(t *testing.T) {
	corpus := os.Getenv("BURSTWATCH_CORPUS")
	if corpus == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	names, _ := filepath.Glob(filepath.Join(corpus, "invictus-cloudtrail-native", "*.json"))
	if len(names) == 0 {
		t.Fatal("no CloudTrail files in the corpus")
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Records []json.RawMessage }
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for _, raw := range file.Records {
			if bad := outOfOrder(t, raw); bad != nil {
				t.Fatalf("%v out of order in %s", bad, raw)
			}
		}
	}
}

func TestRecordsAreAsLongAsRealOnes(t *testing.T) {
	all, size := aDay(t), 0
	for _, raw := range all {
		size += len(raw)
	}
	if mean := size / len(all); mean < 1200 || mean > 2000 {
		t.Errorf("records are %d bytes long on average, want 1,200 to 2,000", mean)
	}
}

// TestFilesCompressAsRealOnes looks at the file of a fleet at work: most bytes
// lie in such.
func TestFilesCompressAsRealOnes(t *testing.T) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w, at := NewWork(st, 42, begin, begin), begin.Add(21*time.Hour)
	var b Bundle
	w.Fill(&b, Streams(st)[0], Window{From: at, To: at.Add(5 * time.Minute), Usual: 6 * time.Minute, Most: 15 * time.Minute}, 4e6)
	err := b.Files(8<<20, func(body []byte, _ int) error {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(body); err != nil {
			return err
		}
		err := z.Close()
		ratio := float64(len(body)) / float64(packed.Len())
		if t.Logf("%.2f", ratio); ratio < 8 || ratio > 14 {
			t.Errorf("compressed %.2f times, want 8 to 14", ratio)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreCutAndWhole(t *testing.T) {
	var b Bundle
	d := dice.New(1, "cut")
	for n := range 50 {
		r := Record{Time: time.Unix(int64(n), 0), Actor: Service("ec2.amazonaws.com"), Source: "ec2", Name: "Test", Account: "1", Agent: `a "quoted" \ agent`}
		b.Add(&r, d)
	}
	files, count := 0, 0
	err := b.Files(4000, func(body []byte, records int) error {
		if len(body) > 4000+len(`]}`) || !json.Valid(body) {
			t.Errorf("a file of %d bytes, valid %t", len(body), json.Valid(body))
		}
		files, count = files+1, count+records
		return nil
	})
	if err != nil || files < 5 || count != 50 {
		t.Errorf("%d files with %d records, %v", files, count, err)
	}
}

func BenchmarkFill(b *testing.B) {
	st, begin := studio.New(), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w, at := NewWork(st, 42, begin, begin), begin.Add(21*time.Hour)
	var bundle Bundle
	b.SetBytes(1e6)
	b.ReportAllocs()
	for b.Loop() {
		bundle.Reset()
		w.Fill(&bundle, Streams(st)[0], Window{From: at, To: at.Add(5 * time.Minute), Usual: 6 * time.Minute, Most: 15 * time.Minute}, 1e6)
	}
}
