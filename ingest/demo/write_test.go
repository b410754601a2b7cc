package demo

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// written is what Write would put into a folder, in memory.
type written struct {
	Summary
	// files are contents by key.
	files map[string][]byte
	// fingerprint is of keys and contents, in the order in which they came.
	fingerprint string
}

func writeInMemory(t *testing.T, opts WriteOptions) written {
	t.Helper()
	w, err := inMemory(opts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func inMemory(opts WriteOptions) (written, error) {
	sizes, err := opts.resolve()
	if err != nil {
		return written{}, err
	}
	w := written{files: map[string][]byte{}}
	all := sha256.New()
	w.Summary, err = produce(studio.New(), opts, sizes, func(o object) (int64, error) {
		if w.files[o.key] != nil {
			return 0, fmt.Errorf("two files are called %s", o.key)
		}
		w.files[o.key] = bytes.Clone(o.body)
		fmt.Fprintf(all, "%s %d ", o.key, len(o.body))
		all.Write(o.body)
		return 0, nil
	})
	w.fingerprint = hex.EncodeToString(all.Sum(nil))
	return w, err
}

// ofADay is one day of 12 MB of CloudTrail and 6 MB of flow logs that tests
// share; half of it under -short.
var ofADay = sync.OnceValue(func() written {
	opts := WriteOptions{Size: 18e6, Seed: 7}
	if testing.Short() {
		opts.Size /= 2
	}
	w, err := inMemory(opts)
	if err != nil {
		panic(err)
	}
	return w
})

// TestAFolderHoldsWhatWasMade writes for real.
func TestAFolderHoldsWhatWasMade(t *testing.T) {
	for _, plain := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "new", "logs")
		opts := WriteOptions{Size: 100_000, Seed: 42, Plain: plain}
		sum, err := Write(dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		want, onDisk := writeInMemory(t, opts).files, int64(0)
		if sum.Datasets[0].Files+sum.Datasets[1].Files != len(want) {
			t.Errorf("%d files of both datasets, want %d", sum.Datasets[0].Files+sum.Datasets[1].Files, len(want))
		}
		for key, body := range want {
			if plain {
				key = strings.TrimSuffix(key, ".gz")
			}
			got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(key)))
			if err != nil {
				t.Fatal(err)
			}
			onDisk += int64(len(got))
			if !plain {
				got = unpack(t, got)
			}
			if !bytes.Equal(got, body) {
				t.Fatalf("%s holds something else", key)
			}
		}
		if onDisk != sum.Datasets[0].Written+sum.Datasets[1].Written {
			t.Errorf("%d bytes on disk, the summary says otherwise: %s", onDisk, sum)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "studio.yaml")); err != nil || !bytes.Contains(text, []byte("name: SABLE")) {
			t.Errorf("studio.yaml: %v\n%s", err, text)
		}
	}
}

func unpack(t *testing.T, body []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if flags, mtime := body[3], body[4:8]; flags != 0 || !bytes.Equal(mtime, make([]byte, 4)) {
		t.Errorf("a gzip header has the flags %x and the time %x", flags, mtime)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestTheSameOptionsWriteTheSameBytes(t *testing.T) {
	opts := WriteOptions{Size: 3e6, Seed: 42}
	a, b := writeInMemory(t, opts), writeInMemory(t, opts)
	if a.fingerprint != b.fingerprint {
		t.Error("two runs of one seed differ")
	}
	opts.Seed = 43
	if other := writeInMemory(t, opts); other.fingerprint == a.fingerprint {
		t.Error("two seeds give the same")
	}
}

var (
	trailName = regexp.MustCompile(`^AWSLogs/o-example/(\d{12})/CloudTrail/([a-z]+-[a-z]+-\d)/\d{4}/\d\d/\d\d/(\d{12})_CloudTrail_([a-z]+-[a-z]+-\d)_\d{8}T\d{4}Z_[0-9A-Za-z]{16}\.json\.gz$`)
	flowName  = regexp.MustCompile(`^AWSLogs/(\d{12})/vpcflowlogs/([a-z]+-[a-z]+-\d)/\d{4}/\d\d/\d\d/(\d{12})_vpcflowlogs_([a-z]+-[a-z]+-\d)_fl-[0-9a-f]{17}_\d{8}T\d{4}Z_[0-9a-f]{8}\.log\.gz$`)
)

func TestFilesAreNamedAsOnS3(t *testing.T) {
	w := ofADay()
	regions, accounts := map[string]bool{}, map[string]bool{}
	for name := range w.files {
		m := trailName.FindStringSubmatch(name)
		if m == nil {
			m = flowName.FindStringSubmatch(name)
		}
		switch {
		case m == nil || m[1] != m[3] || m[2] != m[4]:
			t.Errorf("no name of a log file: %s", name)
		default:
			accounts[m[1]], regions[m[2]] = true, true
		}
	}
	if len(accounts) != 4 || len(regions) != 2 {
		t.Errorf("%d accounts and %d regions, want 4 and 2", len(accounts), len(regions))
	}
}

// record is what every CloudTrail record must have.
type record struct {
	EventVersion, EventTime, EventSource, EventName, AwsRegion, SourceIPAddress, EventID, EventType, RecipientAccountID, EventCategory string
	UserAgent                                                                                                                          *string
	UserIdentity, RequestParameters                                                                                                    map[string]any
	ManagementEvent, ReadOnly                                                                                                          *bool
}

// records calls each with every CloudTrail record of the folder.
func (w *written) records(t *testing.T, each func(file string, r *record)) (count int) {
	t.Helper()
	for name, body := range w.files {
		if !strings.Contains(name, "_CloudTrail_") {
			continue
		}
		var file struct{ Records []json.RawMessage }
		if err := json.Unmarshal(body, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, raw := range file.Records {
			var r record
			if err := json.Unmarshal(raw, &r); err != nil {
				t.Fatalf("%s: %v in %s", name, err, raw)
			}
			for _, key := range []string{`"requestParameters":`, `"responseElements":`} {
				if !bytes.Contains(raw, []byte(key)) {
					t.Fatalf("%s: no %s in %s", name, key, raw)
				}
			}
			each(name, &r)
			count++
		}
	}
	return count
}

func TestEveryTrailRecordIsWhole(t *testing.T) {
	w := ofADay()
	seen, late := map[string]bool{}, 0
	count := w.records(t, func(file string, r *record) {
		m := trailName.FindStringSubmatch(file)
		if r.EventVersion == "" || r.UserIdentity == nil || r.EventSource == "" || r.EventName == "" || r.SourceIPAddress == "" ||
			r.UserAgent == nil || r.EventType == "" || r.EventCategory == "" || r.ManagementEvent == nil || r.ReadOnly == nil {
			t.Fatalf("%s: a record lacks something: %+v", file, r)
		}
		if seen[r.EventID] || len(r.EventID) != 36 {
			t.Fatalf("%s: eventID %q is there twice, or no UUID", file, r.EventID)
		}
		seen[r.EventID] = true
		if r.RecipientAccountID != m[1] || r.AwsRegion != m[2] {
			t.Fatalf("%s holds a record of %s %s: %s", file, r.RecipientAccountID, r.AwsRegion, r.EventName)
		}
		at, err := time.Parse(time.RFC3339, r.EventTime)
		if err != nil || at.Before(w.From) || !at.Before(w.To) {
			t.Fatalf("%s: time %s is outside %v to %v", file, r.EventTime, w.From, w.To)
		}
		stamp, _ := time.Parse("20060102T1504Z", strings.Split(filepath.Base(file), "_")[3])
		switch delay := stamp.Sub(at); {
		case delay < 0 || delay > mostlyLate+every:
			t.Fatalf("%s: %s was delivered %v after it happened", file, r.EventName, delay)
		case delay > usuallyLate+every:
			late++
		}
	})
	if count != w.Datasets[0].Records {
		t.Errorf("%d records, the summary says %d", count, w.Datasets[0].Records)
	}
	if late < count/200 || late > count/10 {
		t.Errorf("%d of %d records are late", late, count)
	}
}

func TestRecordsAreNotInTheOrderOfTime(t *testing.T) {
	w := ofADay()
	last, backwards, count := map[string]string{}, 0, 0
	w.records(t, func(file string, r *record) {
		if r.EventTime < last[file] {
			backwards++
		}
		last[file], count = r.EventTime, count+1
	})
	if backwards < count/20 {
		t.Errorf("%d of %d records stand before an earlier one: too orderly", backwards, count)
	}
}

func TestEveryFlowRowHasAllColumns(t *testing.T) {
	for version, statuses := range map[int][]string{2: {"OK", "NODATA"}, 5: {"OK", "NODATA", "SKIPDATA"}} {
		w := writeInMemory(t, WriteOptions{FlowLogs: 4e6, Seed: 7, FlowVersion: version})
		rows, seen := 0, map[string]bool{}
		for name, body := range w.files {
			if !strings.Contains(name, "vpcflowlogs") {
				continue
			}
			lines := bufio.NewScanner(bytes.NewReader(body))
			lines.Scan()
			columns := len(strings.Fields(lines.Text()))
			if !strings.HasPrefix(lines.Text(), "version ") {
				t.Fatalf("%s begins with %q", name, lines.Text())
			}
			for lines.Scan() {
				fields := strings.Split(lines.Text(), " ")
				if len(fields) != columns || slices.Contains(fields, "") {
					t.Fatalf("%s: %d columns, want %d: %q", name, len(fields), columns, lines.Text())
				}
				seen[fields[columns-1]] = true
				rows++
			}
		}
		if rows != w.Datasets[1].Records {
			t.Errorf("version %d: %d rows, the summary says %d", version, rows, w.Datasets[1].Records)
		}
		for _, s := range statuses {
			if !seen[s] {
				t.Errorf("version %d: no row has the status %s", version, s)
			}
		}
	}
}

func TestSizesAreWhatWasAskedFor(t *testing.T) {
	for _, size := range []int64{2e6, 12e6} {
		if testing.Short() && size > 10e6 {
			continue
		}
		w := writeInMemory(t, WriteOptions{Size: size, Seed: 42})
		for i, want := range []int64{size - size/3, size / 3} {
			got := w.Datasets[i].Bytes
			if off := max(got-want, want-got); off > max(want/1000, 32<<10) {
				t.Errorf("%s: %d bytes, want %d", w.Datasets[i].Dataset, got, want)
			}
		}
	}
}

func TestTheStoryIsInTheLogsWhateverTheSize(t *testing.T) {
	for _, opts := range []WriteOptions{{Seed: 1}, {Size: 2e6, Seed: 2}, {Size: 1e6, Seed: 3, Days: 2, Start: time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC)}} {
		w := writeInMemory(t, opts)
		found := map[string]time.Time{}
		w.records(t, func(_ string, r *record) { found[r.EventID], _ = time.Parse(time.RFC3339, r.EventTime) })
		var flows bytes.Buffer
		for name, body := range w.files {
			if strings.Contains(name, "vpcflowlogs") {
				flows.Write(body)
			}
		}
		for _, p := range w.Story {
			for _, id := range p.EventIDs {
				at, there := found[id]
				if !there || at.Before(p.First) || at.After(p.Last) {
					t.Errorf("%s: event %s is there %t, at %v; want it between %v and %v", p.Beat.Kind, id, there, at, p.First, p.Last)
				}
			}
			if p.Beat.Dataset == Trail && len(p.EventIDs) != p.Beat.Records {
				t.Errorf("%s has %d event ids for %d records", p.Beat.Kind, len(p.EventIDs), p.Beat.Records)
			}
			if begin := w.From.Add(p.Beat.At); p.First.Before(begin.Add(-time.Minute)) || p.Last.After(begin.Add(18*time.Minute)) {
				t.Errorf("%s at %v to %v, told for %v", p.Beat.Kind, p.First, p.Last, begin)
			}
		}
		for _, address := range []string{"198.51.100.99 51822 443 6", "10.8.0.20 10.16", "SKIPDATA"} {
			if !strings.Contains(flows.String(), address) {
				t.Errorf("no flow row has %q", address)
			}
		}
	}
}

// TestDailyWorkIsNoViolation looks for what only the story may contain.
func TestDailyWorkIsNoViolation(t *testing.T) {
	w := ofADay()
	told := map[string]bool{}
	for _, p := range w.Story {
		for _, id := range p.EventIDs {
			told[id] = true
		}
	}
	daily := map[string]bool{
		"AssumeRole": true, "AssumeRoleWithSAML": true, "BidEvictedEvent": true, "ConsoleLogin": true, "CreateGrant": true, "CreateLaunchTemplateVersion": true,
		"CreateLogStream": true, "CredentialVerification": true, "Decrypt": true, "Federate": true, "GenerateDataKey": true, "GenerateDataKeyWithoutPlaintext": true,
		"PutObject": true, "PutParameter": true, "RotateKey": true, "RunInstances": true, "StartQuery": true, "StartSession": true, "TerminateInstances": true, "UpdateAutoScalingGroup": true,
		"UpdateFunctionCode20150331v2": true, "UpdateInstanceInformation": true, "UserAuthentication": true,
	}
	reads := regexp.MustCompile(`^(Describe|Get|List|Head|Lookup|BatchGet|Generate|Receive)`)
	w.records(t, func(_ string, r *record) {
		switch {
		case told[r.EventID]:
		case r.UserIdentity["type"] == "Root":
			t.Fatalf("the root user does daily work: %+v", r)
		case r.EventName == "ConsoleLogin" && r.UserIdentity["type"] != "AssumedRole":
			t.Fatalf("a sign-in past Identity Center: %+v", r)
		case !daily[r.EventName] && !reads.MatchString(r.EventName):
			t.Fatalf("daily work has %s by %v: is it a violation?", r.EventName, r.UserIdentity["arn"])
		}
	})
}

// TestOnlyTheStoryUsesTheKeyOfAnotherProduction compares who uses a content key
// with whose it is.
func TestOnlyTheStoryUsesTheKeyOfAnotherProduction(t *testing.T) {
	w := ofADay()
	crossed, uses := 0, 0
	w.records(t, func(_ string, r *record) {
		context, _ := r.RequestParameters["encryptionContext"].(map[string]any)
		whose, _ := context["production"].(string)
		if bucket, ok := context["aws:s3:arn"].(string); ok {
			whose, _, _ = strings.Cut(strings.TrimPrefix(bucket, "arn:aws:s3:::"), "-")
		}
		arn, _ := r.UserIdentity["arn"].(string)
		_, role, _ := strings.Cut(arn, ":assumed-role/")
		who, _, isShow := strings.Cut(role, "-")
		if whose == "" || !isShow || !strings.Contains("sable halo ember", who) {
			return
		}
		uses++
		if who != whose {
			crossed++
		}
	})
	if crossed != 14 || uses < 300 {
		t.Errorf("%d of %d uses of a content key by another production's role, want the story's 14", crossed, uses)
	}
}

func TestWriteRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, WriteOptions{Size: 1000}); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, WriteOptions{Size: 1000}); err == nil || !strings.Contains(err.Error(), "already holds") {
		t.Errorf("writing twice into one folder gives %v", err)
	}
	for _, opts := range []WriteOptions{{Size: -1}, {Days: -1}, {FlowVersion: 3}, {Start: time.Unix(0, 0)}} {
		if _, err := Write(filepath.Join(dir, "new"), opts); err == nil {
			t.Errorf("%+v is accepted", opts)
		}
	}
	enough := errors.New("enough")
	_, err := Write(filepath.Join(dir, "stopped"), WriteOptions{Size: 1e6, Progress: func(done, total int64) error {
		if total != 1e6 || done > total {
			t.Errorf("%d of %d bytes written", done, total)
		}
		return enough
	}})
	if !errors.Is(err, enough) {
		t.Errorf("stopping by Progress gives %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	const size = 30e6
	b.SetBytes(size)
	for i := range b.N {
		if _, err := Write(filepath.Join(b.TempDir(), "logs"), WriteOptions{CloudTrail: size, Seed: uint64(i)}); err != nil {
			b.Fatal(err)
		}
	}
}
