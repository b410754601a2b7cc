package pipeline

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/window"
)

// heard are rules that only remember which frontiers they were told.
type heard struct {
	mu        sync.Mutex
	frontiers []window.Frontier
}

func (h *heard) Commit(_ []Found, frontiers []window.Frontier) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frontiers = append(h.frontiers, frontiers...)
	return nil
}

func (*heard) Flush() error                                { return nil }
func (*heard) Wake() time.Time                             { return time.Time{} }
func (*heard) Pending(uint64, int) ([]window.Alert, error) { return nil, nil }
func (*heard) Drop([]uint64) error                         { return nil }
func (*heard) Stats() window.Stats                         { return window.Stats{} }

// of are the frontiers of an account's logs.
func (h *heard) of(account string) (list []window.Frontier) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.frontiers {
		if f.Account == account {
			list = append(list, f)
		}
	}
	return list
}

// TestAnAccountThatIsDeniedIsBrokenAndNotWaitedForWhileOthersGoOn has a source
// of two accounts, whose datasets only their records tell.
func TestAnAccountThatIsDeniedIsBrokenAndNotWaitedForWhileOthersGoOn(t *testing.T) {
	in(t, func(t *testing.T) {
		denied := make(chan bool, 1)
		denied <- true
		var src runFunc = func(ctx context.Context, out ingest.Emitter) error {
			err := out.Object(ctx, &ingest.Object{
				Origin: &event.Origin{Name: "x", Identity: []byte("x"), Account: "111", Region: "eu-west-1"}, Body: ioNop("a line\n"), Size: -1,
			})
			no := true
			for err == nil {
				out.Frontier(ingest.Frontier{Account: "111", Region: "eu-west-1", Through: time.Now()})
				f := ingest.Frontier{Account: "222", Region: "eu-west-1", Broken: "role reader of account 222 may not read"}
				if !no {
					f.Broken, f.Through = "", time.Now()
				}
				out.Frontier(f)
				select {
				case no = <-denied:
				case <-time.After(time.Minute):
				case <-ctx.Done():
					return nil
				}
			}
			return err
		}
		h := &heard{}
		r := start(t, Parts{[]NamedSource{{"logs", src}}, []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Cases = h })
		after(10 * time.Minute)
		if told := h.of("222"); len(told) > 0 {
			t.Errorf("rules were told %+v of an account that is denied for ten minutes", told)
		}
		after(10 * time.Minute)
		told := h.of("222")
		if len(told) == 0 || !told[0].Broken || told[0].Dataset != "test.plain" {
			t.Errorf("rules still wait for the account that is denied: %+v", told)
		}
		if l := h.of("111"); len(l) < 10 || l[len(l)-1].Broken || l[len(l)-1].Dataset != "test.plain" {
			t.Errorf("of the other account rules heard %+v", l)
		}
		if l := statusOf(r.p.Status(), "222"); !strings.Contains(l.Broken, "may not read") || l.BrokenSince.IsZero() {
			t.Errorf("status: %+v", l)
		}
		denied <- false
		after(time.Minute)
		if told = h.of("222"); told[len(told)-1].Broken || told[len(told)-1].Through == 0 {
			t.Errorf("and once it is allowed %+v", told[len(told)-1])
		}
		if l := statusOf(r.p.Status(), "222"); l.Broken != "" || l.Frontier.IsZero() {
			t.Errorf("status: %+v", l)
		}
		r.stop()
	})
}

func statusOf(s Status, account string) LogStatus {
	for _, l := range s.Logs {
		if l.Account == account {
			return l
		}
	}
	return LogStatus{}
}
