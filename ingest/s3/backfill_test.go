package s3

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/state"
)

func day(text string) Date {
	var d Date
	if err := d.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return d
}

// trail is a key of CloudTrail's.
func trail(account, day string, n int) string {
	return fmt.Sprintf("AWSLogs/o-1/%s/CloudTrail/eu-west-2/%s/%s_CloudTrail_eu-west-2_%d.json.gz", account, day, account, n)
}

// backfilling is a station that reads the bucket alone.
func backfilling(s *station) *station {
	s.options.QueueURL, s.options.Bucket, s.cloud.page = "", bucket, 7
	return s
}

// finish waits until Run returns by itself.
func (s *station) finish() error {
	err := <-s.done
	s.drain()
	return err
}

func TestABackfillReadsWhatIsInRangeAndEnds(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		s.options.Prefixes, s.options.From, s.options.To = []string{"AWSLogs/", "AWSLogs/o-1/"}, day("2026-11-03"), day("2026-11-05")
		s.options.Exclude = []string{"**/*_7.json.gz"}
		want := map[string]bool{}
		for _, account := range []string{"111111111111", "222222222222", "333333333333"} {
			for d := 1; d <= 9; d++ {
				for n := range 12 {
					k := trail(account, fmt.Sprintf("2026/11/%02d", d), n)
					s.cloud.put(bucket, k, []byte(k))
					if d >= 3 && d < 5 && n != 7 {
						want[k] = true
					}
				}
			}
		}
		config := "AWSLogs/111111111111/Config/eu-west-2/2026/11/4/x.json.gz"
		for _, k := range []string{config, "AWSLogs/111111111111/Config/eu-west-2/2026/11/10/x.json.gz", "other/" + trail("111111111111", "2026/11/03", 1)} {
			s.cloud.put(bucket, k, []byte(k))
		}
		want[config] = true
		odd := "AWSLogs/é +%2F\x01/2026/11/03/x"
		s.cloud.put(bucket, odd, []byte("x"))
		want[odd] = true
		s.start()
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if s.reads(k) != 1 {
				t.Errorf("%q was read %d times", k, s.reads(k))
			}
		}
		if len(s.got) != len(want) {
			t.Errorf("%d objects were read, want %d: %q", len(s.got), len(want), s.names())
		}
		// 3 * 108 keys in pages of 7 are 47 pages; days that are out of range are leapt over.
		if n := s.cloud.asked("ListObjectsV2"); n > 25 {
			t.Errorf("%d listings", n)
		}
	})
}

func TestABackfillThatIsRestartedRepeatsNothingSettled(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		s.cloud.slow = time.Second
		for i := range 200 {
			s.cloud.put(bucket, fmt.Sprintf("k%03d", i), []byte("x"))
		}
		for range 6 {
			s.start()
			time.Sleep(5 * time.Second)
			s.end()
		}
		if n := len(s.settled); n == 0 || n == 200 {
			t.Fatalf("%d settled before the last start", n)
		}
		s.start()
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			if n := s.settled[fmt.Sprintf("s3://%s/k%03d", bucket, i)]; n != 1 {
				t.Errorf("k%03d was settled %d times", i, n)
			}
		}
		before := len(s.got)
		s.cloud.put(bucket, "a new one", []byte("x"))
		time.Sleep(time.Minute)
		s.start() // the next pass is for what came since
		if err := s.finish(); err != nil || s.reads("a new one") != 1 || len(s.got) != before+1 || s.reads("k000") != 1 {
			t.Errorf("%v: %q", err, s.names())
		}
	})
}

func TestWhatIsRememberedOfABackfillIsBounded(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		for i := range 500 {
			s.cloud.put(bucket, fmt.Sprintf("k%03d", i), []byte("x"))
		}
		s.cloud.slow = time.Second
		time.Sleep(2 * time.Hour) // they are older than what the next pass looks at again
		s.start()
		most := 0
		for running := true; running; {
			select {
			case err := <-s.done:
				if err != nil {
					t.Error(err)
				}
				running = false
			case <-time.After(100 * time.Millisecond):
			}
			most = max(most, s.remembered())
		}
		if n := s.remembered(); n != 0 || most > 100 {
			t.Errorf("%d marks at the end, %d at most", n, most)
		}
		s.drain()
	})
}

// remembered is how many objects the store knows one by one.
func (s *station) remembered() (n int) {
	err := s.store.Scan(state.Source("bucket"), clearPrefix, func(string, []byte) error { n++; return nil })
	if err != nil {
		s.t.Error(err)
	}
	return n
}

func TestABackfillGoesOnWhereOneAccountIsDenied(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		s.cloud.setFails(func(op, key string) error {
			if op == "GetObject" && strings.Contains(key, "/111111111111/") {
				return aws.NewError(aws.Denied, "role reader may not do s3:GetObject on "+key)
			}
			return nil
		})
		for n := range 30 {
			s.cloud.put(bucket, trail("111111111111", "2026/11/05", n), []byte("x"))
			s.cloud.put(bucket, trail("222222222222", "2026/11/05", n), []byte("x"))
		}
		s.start()
		err := s.finish()
		if err == nil || !strings.Contains(err.Error(), "30 objects") || !strings.Contains(err.Error(), "may not do s3:GetObject") {
			t.Errorf("Run: %v", err)
		}
		if len(s.settled) != 30 || len(s.kept) > 0 || len(s.failed) > 0 {
			t.Errorf("settled %d, kept %q, failed %v", len(s.settled), s.kept, s.failed)
		}
		s.cloud.setFails(nil)
		s.start()
		if err := s.finish(); err != nil || len(s.settled) != 60 {
			t.Errorf("%v; settled %d", err, len(s.settled))
		}
		for name, n := range s.settled {
			if n != 1 {
				t.Errorf("%s was settled %d times", name, n)
			}
		}
	})
}

func TestWhatABackfillCannotReadGoesToQuarantine(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		s.cloud.put(bucket, "a", []byte("x"))
		s.cloud.put(bucket, "gone", []byte("x"))
		s.cloud.setFails(func(op, key string) error {
			if op == "GetObject" && key == "gone" {
				return aws.NewError(aws.NotFound, "s3://studio-logs/gone does not exist")
			}
			return nil
		})
		s.start()
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
		if kept := s.keptReasons("gone"); len(kept) != 1 || !strings.Contains(kept[0], "5 tries") {
			t.Errorf("kept %q", kept)
		}
		n := readNotification(s.keptText["s3://"+bucket+"/gone"])
		if len(n.objects) != 1 || n.objects[0] != (ref{bucket: bucket, key: "gone"}) {
			t.Errorf("what is kept cannot be read again: %q", s.keptText)
		}
	})
}

func TestAListingThatIsDeniedIsReported(t *testing.T) {
	bubble(t, func(s *station) {
		backfilling(s)
		denied := aws.NewError(aws.Denied, "role reader may not do s3:ListBucket on bucket studio-logs")
		s.cloud.setFails(func(op, _ string) error {
			if op == "ListObjectsV2" {
				return denied
			}
			return nil
		})
		s.start()
		if err := s.finish(); !errors.Is(err, denied) {
			t.Error(err)
		}
	})
}

func TestAQueueAndItsBucketGiveTheSameRecords(t *testing.T) {
	bubble(t, func(s *station) {
		s.options.Bucket = bucket
		version := s.cloud.put(bucket, "k", []byte("x"))
		s.start()
		s.await("listed", func() bool { return s.reads("k") == 1 })
		listed := s.identity["s3://"+bucket+"/k"]
		s.cloud.send(bridged("k", version))
		s.await("notified", func() bool { return s.reads("k") == 2 && s.empty() })
		if s.end(); s.identity["s3://"+bucket+"/k"] != listed {
			t.Error("the same object has two identities")
		}
	})
}

// TestABackfillLosesNothing kills, stops and fails a back-fill at any time.
func TestABackfillLosesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			s := backfilling(newStation(t))
			s.cloud.page = rapid.IntRange(1, 20).Draw(r, "page")
			s.sink = rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(r, "sink")
			n := rapid.IntRange(1, 60).Draw(r, "objects")
			for i := range n {
				s.cloud.put(bucket, fmt.Sprintf("k%03d", i), []byte("x"))
			}
			odds, dice := rapid.IntRange(3, 20).Draw(r, "odds"), newDice(rapid.Uint64().Draw(r, "faults"))
			s.cloud.setFails(func(op, _ string) error {
				if dice.roll(odds) == 0 {
					return aws.NewError([]aws.Kind{aws.Throttled, aws.NotFound, aws.Denied}[dice.roll(3)], "now and then")
				}
				return nil
			})
			s.cloud.slow = time.Second
			for range rapid.IntRange(0, 4).Draw(r, "restarts") {
				s.start()
				time.Sleep(time.Duration(rapid.IntRange(0, 60).Draw(r, "seconds")) * time.Second)
				if rapid.Bool().Draw(r, "killed") {
					s.kill()
				} else {
					s.end()
				}
			}
			var err error
			for range 100 { // as the pipeline does
				s.start()
				if err = s.finish(); err == nil {
					break
				}
			}
			if err != nil {
				r.Fatal(err)
			}
			for i := range n {
				name := fmt.Sprintf("k%03d", i)
				if s.settled["s3://"+bucket+"/"+name] == 0 && len(s.keptReasons(name)) == 0 {
					r.Fatalf("%s is lost", name)
				}
			}
		})
	})
}
