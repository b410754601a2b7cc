package egress

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// rows is a schema of flow logs, as parsers/vpcflow is: this stage must not
// know that one.
type rows struct{}

var header = strings.Fields("srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags pkt-srcaddr pkt-dstaddr interface-id vpc-id subnet-id traffic-path flow-direction log-status pkt-dst-aws-service")

func (rows) Dataset() string                                                        { return flowLogs }
func (rows) Index() []string                                                        { return nil }
func (rows) ID(ev *event.Event, s *event.Scratch) event.ID                          { return detecttest.ID(ev, s) }
func (rows) Fields(d []event.Field, _ *event.Event, _ *event.Scratch) []event.Field { return d }

func (rows) Getter(name string) event.Getter {
	for i, h := range header {
		if h == name {
			number := strings.Contains("srcport dstport protocol packets bytes start end tcp-flags traffic-path", h)
			return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
				b := ev.At(i)
				if b == nil {
					return dst
				}
				if number {
					if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
						return append(dst, event.Int64(n))
					}
				}
				return append(dst, event.Text(b))
			})
		}
	}
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
		switch name {
		case "aws.vpcflow.initiator":
			if who := opened(ev); who != "" {
				return append(dst, event.Str(who))
			}
		case "cloud.account.id":
			return append(dst, event.Str("111111111111"))
		}
		return dst
	})
}

func opened(ev *event.Event) string {
	number := func(i int) int { n, _ := strconv.Atoi(string(ev.At(i))); return n }
	if flags := number(10); flags&2 != 0 {
		return map[bool]string{true: "destination", false: "source"}[flags&16 != 0]
	}
	class := func(p int) int {
		switch {
		case p < 1024:
			return 0
		case p < 32768:
			return 1
		}
		return 2
	}
	src, dst := number(2), number(3)
	switch {
	case src == 0 || dst == 0 || class(src) == class(dst):
		return ""
	case class(src) > class(dst):
		return "source"
	}
	return "destination"
}

var begin = time.Date(2026, 11, 5, 12, 30, 0, 0, time.UTC)

// row makes a record of "key=value" over a plain one; minute counts from begin.
func row(minute int, set string) *event.Event {
	end := begin.Add(time.Duration(minute) * time.Minute)
	values := map[string]string{
		"srcaddr": "10.16.0.25", "dstaddr": "198.51.100.99", "srcport": "51822", "dstport": "443", "protocol": "6", "packets": "10", "bytes": "5000",
		"start": fmt.Sprint(end.Unix() - 60), "end": fmt.Sprint(end.Unix()), "action": "ACCEPT", "log-status": "OK", "interface-id": "eni-0a",
	}
	for _, kv := range strings.Fields(set) {
		k, v, _ := strings.Cut(kv, "=")
		values[k] = v
	}
	ev := &event.Event{Schema: rows{}, Time: end.UnixNano(), Slots: make([]event.Span, len(header))}
	for i, h := range header {
		v := values[h]
		if v != "" && v != "-" {
			ev.Slots[i] = event.Span{Start: uint32(len(ev.Record)), End: uint32(len(ev.Record) + len(v))}
		}
		ev.Record = append(append(ev.Record, v...), ' ')
	}
	return ev
}

func home(t testing.TB) *inventory.Index {
	t.Helper()
	x, err := inventory.Compile(&inventory.Studio{
		Productions: []inventory.Production{{Name: "SABLE", Tier: 1}, {Name: "HALO", Tier: 2}, {Name: "EMBER", Tier: 3}},
		Sites: []inventory.Site{
			{Name: "london", Kind: "office", CIDRs: []string{"203.0.113.16/28", "10.100.0.0/16"}},
		},
		Networks: []inventory.Network{
			{VPC: "vpc-sable", Name: "sable", Kind: "content", Production: "SABLE", CIDRs: []string{"10.16.0.0/16", "2600:1f18:16::/56"},
				Subnets:  []inventory.Subnet{{ID: "subnet-a", Name: "render-a", CIDR: "10.16.0.0/20"}, {ID: "subnet-b", Name: "render-b", CIDR: "10.16.16.0/20"}},
				MayReach: []string{"10.16.0.0/16", "10.8.1.0/24", "192.0.2.0/26", "10.100.20.0/24"}},
			{VPC: "vpc-ember", Name: "ember", Kind: "content", Production: "EMBER", CIDRs: []string{"10.48.0.0/16"},
				Subnets: []inventory.Subnet{{ID: "subnet-e", Name: "render-a", CIDR: "10.48.0.0/20"}}, MayReach: []string{"10.0.0.0/8"}},
			{VPC: "vpc-mgmt", Name: "mgmt-eu", Kind: "management", CIDRs: []string{"10.8.0.0/16"}, MayReach: []string{"0.0.0.0/0", "::/0"},
				Subnets: []inventory.Subnet{{ID: "subnet-p", Name: "public", CIDR: "10.8.0.0/24"}}},
		},
		Licences: []inventory.Host{{Name: "foundry", Addresses: []string{"10.9.3.14"}}, {Name: "halo-only", Addresses: []string{"10.9.3.15"}, Production: "HALO"}},
		Windows:  []inventory.Window{{Name: "restore test", Kind: "disaster_recovery", From: "2026-11-05T20:00:00Z", To: "2026-11-05T21:00:00Z"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func ruleOf(t testing.TB, name string, o Options) detect.Rule {
	t.Helper()
	r, err := New(o).Rule(name, &sigma.Rule{ID: name, Level: sigma.High})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judged are the cases of a rule for rows in one batch.
func judged(t testing.TB, name string, o Options, events ...*event.Event) []detecttest.Found {
	t.Helper()
	st := detecttest.NewStore(ruleOf(t, name, o))
	st.Batch("all", events)
	return st.Cases(t)
}

// anyOrder checks that order, batching and repeats change nothing.
func anyOrder(t *testing.T, name string, o Options, events func(*rapid.T) []*event.Event) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		all := events(rt)
		for i, ev := range all {
			ev.Number = int64(i)
		}
		once := detecttest.NewStore(ruleOf(t, name, o))
		once.Batch("all", all)
		want := detecttest.Show(once.Cases(t))

		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		dice.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		st := detecttest.NewStore(ruleOf(t, name, o))
		var batches [][]*event.Event
		for len(all) > 0 {
			n := 1 + dice.IntN(len(all))
			batches, all = append(batches, all[:n]), all[n:]
		}
		for i, b := range batches {
			st.Batch(fmt.Sprint(i), b)
			if k := dice.IntN(i + 1); dice.IntN(2) == 0 {
				st.Batch(fmt.Sprint(k), batches[k])
			}
		}
		if got := detecttest.Show(st.Cases(t)); got != want {
			rt.Fatalf("another order gives\n%s\nnot\n%s", got, want)
		}
	})
}

type notes = detect.Notes

func newNotes() *notes {
	return detect.NewNotes(func(dst []byte, ev *event.Event, _ *event.Scratch) []byte { return append(dst, ev.Record...) })
}
