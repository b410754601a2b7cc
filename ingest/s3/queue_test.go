package s3

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/aws"
)

func TestAMessageIsDeletedWhenEveryObjectInItIsSettled(t *testing.T) {
	bubble(t, func(s *station) {
		s.sink = time.Minute
		for _, k := range []string{"a", "b", "c"} {
			s.cloud.put(bucket, k, []byte("content of "+k))
		}
		s.cloud.send(announce("a", "b", "c"))
		s.start()
		s.await("all are read", func() bool { return s.reads("a")+s.reads("b")+s.reads("c") == 3 })
		if s.empty() {
			t.Error("deleted before it was settled")
		}
		s.await("deleted", s.empty)
		if err := s.end(); err != nil {
			t.Error(err)
		}
		for _, k := range []string{"a", "b", "c"} {
			if s.settled["s3://"+bucket+"/"+k] != 1 || s.reads(k) != 1 {
				t.Errorf("%s: read %d times, settled %d", k, s.reads(k), s.settled["s3://"+bucket+"/"+k])
			}
		}
	})
}

func TestWorkLongerThanTheVisibilityIsNotShownToOthers(t *testing.T) {
	bubble(t, func(s *station) {
		s.options.VisibilityTimeout = time.Minute
		s.sink = time.Hour
		for i := range 25 { // more than fit into one request
			s.put(fmt.Sprint("k", i), "x")
		}
		s.start()
		for s.await("taken", func() bool { return s.cloud.visible() == 0 }); !s.empty(); time.Sleep(time.Second) {
			if s.cloud.visible() > 0 {
				t.Fatal("a message is shown to others while it is worked on")
			}
		}
		s.end()
		for i := range 25 {
			if n := s.reads(fmt.Sprint("k", i)); n != 1 {
				t.Errorf("read %d times", n)
			}
		}
	})
}

func TestAMessageThatComesAgainDuringWorkIsReadOnce(t *testing.T) {
	bubble(t, func(s *station) {
		s.sink = 10 * time.Minute
		s.put("a", "x")
		s.start()
		s.await("read", func() bool { return s.reads("a") == 1 })
		s.cloud.showAgain()
		before := s.cloud.asked("ReceiveMessage")
		s.await("shown", func() bool { return s.cloud.asked("ReceiveMessage") > before+1 })
		for range 7 {
			if time.Sleep(time.Minute); s.cloud.visible() > 0 {
				t.Error("shown to others, since the receipt is outdated by which it is kept")
			}
		}
		s.await("deleted by the newer receipt", s.empty)
		s.end()
		if shown := s.cloud.messages[0].receives; s.reads("a") != 1 || shown != 2 {
			t.Errorf("read %d times, shown %d times", s.reads("a"), shown)
		}
	})
}

// AWS says of an outdated receipt that the message is deleted, and may show it
// again.
func TestADeletedMessageThatComesAgainIsNotReadAgain(t *testing.T) {
	bubble(t, func(s *station) {
		s.put("a", "x")
		s.start()
		s.await("deleted", s.empty)
		s.cloud.mu.Lock()
		s.cloud.messages[0].gone, s.cloud.messages[0].until = false, time.Time{}
		s.cloud.change()
		s.cloud.mu.Unlock()
		s.await("deleted again", s.empty)
		if s.end(); s.reads("a") != 1 {
			t.Errorf("read %d times", s.reads("a"))
		}
	})
}

func TestAStopGivesBackWhatWasNotBegun(t *testing.T) {
	bubble(t, func(s *station) {
		s.sink, s.cloud.slow = 5*time.Second, time.Second
		for i := range 60 {
			s.put(fmt.Sprint("k", i), "x")
		}
		s.start()
		s.await("some are read", func() bool { return len(s.names()) > 10 })
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		s.drain()
		synctest.Wait()
		left := len(s.cloud.left())
		if s.cloud.visible() != left || left == 0 {
			t.Errorf("of %d messages %d are visible", left, s.cloud.visible())
		}
		for name, n := range s.settled { // and what was settled during the stop is deleted
			if slices.ContainsFunc(s.cloud.left(), func(body string) bool { return strings.Contains(body, `"`+name[len("s3://"+bucket+"/"):]+`"`) }) && n > 0 {
				t.Errorf("%s is settled and still in the queue", name)
			}
		}
		if left+len(s.settled) != 60 {
			t.Errorf("%d left and %d settled of 60", left, len(s.settled))
		}
		s.start()
		s.await("the rest is read", s.empty)
		s.end()
		for name, n := range s.settled {
			if n != 1 {
				t.Errorf("%s settled %d times", name, n)
			}
		}
	})
}

func TestAnAnswerThatIsUnderWayWhenTheSourceStopsIsGivenBack(t *testing.T) {
	bubble(t, func(s *station) {
		s.cloud.transit = time.Second
		for i := range 100 {
			s.put(fmt.Sprint("k", i), "x")
		}
		s.start()
		s.await("some are read", func() bool { return len(s.names()) > 10 })
		s.end()
		synctest.Wait()
		if left := len(s.cloud.left()); s.cloud.visible() != left || left == 0 {
			t.Errorf("of %d messages %d are visible", left, s.cloud.visible())
		}
	})
}

func TestAMissingObjectGoesToQuarantineWithItsNotification(t *testing.T) {
	bubble(t, func(s *station) {
		s.cloud.put(bucket, "good", []byte("x"))
		body := announce("good", "gone")
		s.cloud.send(body)
		s.start()
		s.await("deleted", s.empty)
		s.end()
		reasons := s.keptReasons("gone")
		if len(reasons) != 1 || !strings.Contains(reasons[0], "5 tries") || !strings.Contains(reasons[0], "does not exist") {
			t.Errorf("kept: %q", reasons)
		}
		if got := s.keptText["s3://"+bucket+"/gone"]; got != body {
			t.Errorf("what is kept is not the notification: %s", got)
		}
		if s.reads("good") != 1 {
			t.Errorf("the good one beside it was read %d times", s.reads("good"))
		}
		if n := s.failed["s3://"+bucket+"/gone"]; n != 5 {
			t.Errorf("tried %d times", n)
		}
	})
}

func TestADeniedObjectIsWaitedForAndOthersGoOn(t *testing.T) {
	bubble(t, func(s *station) {
		denied := "AWSLogs/111111111111/CloudTrail/eu-west-2/2026/11/05/x.json.gz"
		s.cloud.setFails(func(op, key string) error {
			if op == "GetObject" && strings.Contains(key, "/111111111111/") {
				return aws.NewError(aws.Denied, "role reader may not do s3:GetObject on "+key)
			}
			return nil
		})
		s.put(denied, "denied so far")
		for i := range 20 {
			s.put(fmt.Sprintf("AWSLogs/222222222222/CloudTrail/eu-west-2/2026/11/05/%d.json.gz", i), "x")
		}
		s.start()
		s.await("the others are read", func() bool { return len(s.names()) == 20 && len(s.cloud.left()) == 1 })
		time.Sleep(6 * time.Hour)
		if len(s.cloud.left()) != 1 || len(s.keptReasons(denied)) > 0 {
			t.Errorf("%d messages left, kept %q", len(s.cloud.left()), s.keptReasons(denied))
		}
		if n := s.failed["s3://"+bucket+"/"+denied]; n < 15 || n > 40 {
			t.Errorf("tried %d times in six hours", n)
		}
		s.cloud.setFails(nil)
		s.await("it is read when the permission is given", s.empty)
		if s.end(); s.reads(denied) != 1 {
			t.Errorf("read %d times", s.reads(denied))
		}
	})
}

func TestWhatFailsForLongIsKeptBeforeTheQueueForgetsIt(t *testing.T) {
	bubble(t, func(s *station) {
		s.options.QuarantineAfter = 5 * time.Hour
		s.cloud.setFails(func(op, _ string) error {
			if op == "GetObject" {
				return aws.NewError(aws.Denied, "denied")
			}
			return nil
		})
		s.put("a", "x")
		s.start()
		s.await("deleted", s.empty)
		if age := time.Since(s.cloud.messages[0].sent); age < 5*time.Hour || age > 6*time.Hour {
			t.Errorf("after %v", age)
		}
		if s.end(); len(s.keptReasons("a")) != 1 {
			t.Errorf("kept %q", s.keptReasons("a"))
		}
	})
}

func TestAnObjectThatBreaksItsReaderGoesToQuarantine(t *testing.T) {
	bubble(t, func(s *station) {
		s.spoil = func(name string) error {
			if strings.HasSuffix(name, "/poison") {
				return errors.New("the parser panicked")
			}
			return nil
		}
		s.cloud.put(bucket, "poison", []byte("x"))
		s.cloud.put(bucket, "good", []byte("x"))
		s.cloud.send(announce("poison", "good"))
		s.start()
		s.await("deleted", s.empty)
		s.end()
		if kept := s.keptReasons("poison"); len(kept) != 1 || !strings.Contains(kept[0], "5 tries, the last: the parser panicked") {
			t.Errorf("kept %q", kept)
		}
		if s.settled["s3://"+bucket+"/good"] != 1 {
			t.Errorf("the good one beside it was settled %d times", s.settled["s3://"+bucket+"/good"])
		}
	})
}

func TestUnknownMessagesGoToQuarantine(t *testing.T) {
	bubble(t, func(s *station) {
		id := s.cloud.send("PAR1 is no notification")
		mixed := `{"Records":[` + strings.TrimSuffix(strings.TrimPrefix(announce("good"), `{"Records":[`), `]}`) + `,{"eventName":"ObjectCreated:Put"},17]}`
		s.cloud.put(bucket, "good", []byte("x"))
		mixedID := s.cloud.send(mixed)
		s.cloud.send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`)
		s.cloud.send(records("ObjectRemoved:Delete", "good"))
		s.start()
		s.await("all are deleted", s.empty)
		s.end()
		if got := s.keptText["sqs://news/"+id]; got != "PAR1 is no notification" || len(s.kept["sqs://news/"+id]) != 1 {
			t.Errorf("kept %q %q", got, s.kept)
		}
		if got := s.kept["sqs://news/"+mixedID]; len(got) != 1 || !strings.Contains(got[0], "and 1 more fault") || s.keptText["sqs://news/"+mixedID] != mixed {
			t.Errorf("kept %q", got)
		}
		if s.reads("good") != 1 || len(s.kept) != 2 {
			t.Errorf("read %d times, kept %q", s.reads("good"), s.kept)
		}
	})
}

func TestEachVersionIsReadAsItWas(t *testing.T) {
	bubble(t, func(s *station) {
		for _, text := range []string{"first", "second"} {
			version := s.cloud.put(bucket, "k", []byte(text))
			s.cloud.send(bridged("k", version))
		}
		s.start()
		s.await("deleted", s.empty)
		s.end()
		got := s.got["s3://"+bucket+"/k"]
		if slices.Sort(got); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestAFailingQueueIsReportedAndNothingIsLost(t *testing.T) {
	bubble(t, func(s *station) {
		s.sink = 10 * time.Second
		for i := range 30 {
			s.put(fmt.Sprint("k", i), "x")
		}
		s.start()
		s.await("some are read", func() bool { return len(s.names()) > 5 })
		throttled := aws.NewError(aws.Throttled, "AWS throttles sqs:ReceiveMessage")
		s.cloud.setFails(func(op, _ string) error {
			if op == "ReceiveMessage" {
				return throttled
			}
			return nil
		})
		if err := <-s.done; !errors.Is(err, throttled) {
			t.Fatalf("Run: %v", err)
		}
		s.cloud.setFails(nil)
		time.Sleep(30 * time.Second) // as the pipeline does
		s.run()
		s.await("all is read", s.empty)
		s.end()
		for i := range 30 {
			if s.settled[fmt.Sprintf("s3://%s/k%d", bucket, i)] != 1 {
				t.Errorf("k%d settled %d times", i, s.settled[fmt.Sprintf("s3://%s/k%d", bucket, i)])
			}
		}
	})
}

func TestAFrontierIsToldOfAnEmptyQueueAlone(t *testing.T) {
	bubble(t, func(s *station) {
		begin := time.Now()
		s.start()
		s.await("a first one", func() bool { return s.heard() > 0 })
		if time.Since(begin) < s.options.VisibilityTimeout {
			t.Error("a Burstwatch before may still hold messages")
		}

		s.cloud.setFails(func(op, _ string) error {
			if op == "GetObject" {
				return aws.NewError(aws.Unavailable, "no")
			}
			return nil
		})
		s.put("a", "x")
		time.Sleep(time.Minute)
		n := s.heard()
		time.Sleep(8 * time.Minute)
		if s.heard() > n {
			t.Error("told while an object could not be read")
		}
		time.Sleep(20 * time.Minute)
		if s.heard() == n {
			t.Error("one object that cannot be read holds it up for ever")
		}
		s.end()
		if f := s.frontiers[0]; f.After(begin.Add(s.options.VisibilityTimeout)) || f.Before(begin) {
			t.Errorf("the first is of %v, begun %v", f, begin)
		}
	})
}

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	bubble(t, func(s *station) {
		s.sink, s.cloud.slow = 20*time.Second, time.Second
		for i := range 50 {
			s.put(fmt.Sprint("k", i), "x")
		}
		for range 5 {
			s.start()
			time.Sleep(30 * time.Second)
			s.kill()
		}
		s.start()
		s.await("all is deleted", s.empty)
		s.end()
		for i := range 50 {
			if s.settled[fmt.Sprintf("s3://%s/k%d", bucket, i)] == 0 {
				t.Errorf("k%d is lost", i)
			}
		}
	})
}

// TestNothingIsLostAndAMessageIsDeletedOnceAllOfItIsSettled runs the source over
// messages of all kinds while everything fails now and then, and restarts it.
func TestNothingIsLostAndAMessageIsDeletedOnceAllOfItIsSettled(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStation(t)
			s.options.VisibilityTimeout = rapid.SampledFrom([]time.Duration{30 * time.Second, 5 * time.Minute}).Draw(r, "visibility")
			s.sink = rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Minute}).Draw(r, "sink")
			keys := map[string]bool{}
			for i := range rapid.IntRange(1, 12).Draw(r, "messages") {
				var of []string
				for k := range rapid.IntRange(1, 4).Draw(r, "objects") {
					of = append(of, fmt.Sprintf("%d/%d", i, k))
					keys[of[k]] = true
					s.cloud.put(bucket, of[k], []byte(strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 1000, 1000, chunkSize, chunkSize + 1}).Draw(r, "size"))))
				}
				s.cloud.send(announce(of...))
			}
			odds, dice := rapid.IntRange(2, 20).Draw(r, "odds"), newDice(rapid.Uint64().Draw(r, "faults"))
			s.cloud.setFails(func(op, _ string) error {
				if op != "ReceiveMessage" && dice.roll(odds) == 0 {
					return aws.NewError([]aws.Kind{aws.Throttled, aws.Expired, aws.Unreachable}[dice.roll(3)], "now and then")
				}
				return nil
			})
			s.cloud.cut = func(_ string, from int64) (int, bool) {
				if dice.roll(3) == 0 {
					return int(from)%777 + 100, dice.roll(2) == 0
				}
				return -1, false
			}
			s.start()
			for range rapid.IntRange(0, 3).Draw(r, "restarts") {
				time.Sleep(time.Duration(rapid.IntRange(0, 200).Draw(r, "seconds")) * time.Second)
				if rapid.Bool().Draw(r, "shown again") {
					s.cloud.showAgain()
				}
				if rapid.Bool().Draw(r, "killed") {
					s.kill()
				} else if err := s.end(); err != nil {
					r.Fatal(err)
				}
				s.start()
			}
			s.await("all is deleted", s.empty)
			s.end()
			for k := range keys {
				if s.settled["s3://"+bucket+"/"+k] == 0 && len(s.keptReasons(k)) == 0 {
					r.Fatalf("%s is lost", k)
				}
			}
		})
	})
}
