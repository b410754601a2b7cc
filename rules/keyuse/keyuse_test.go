package keyuse

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// calls is a schema of CloudTrail records, as parsers/cloudtrail is: this stage
// must not know that one.
type calls struct{}

func (calls) Dataset() string { return trail }
func (calls) Index() []string { return nil }
func (calls) ID(ev *event.Event, s *event.Scratch) event.ID {
	return detecttest.ID(ev, s)
}
func (calls) Fields(d []event.Field, _ *event.Event, _ *event.Scratch) []event.Field { return d }
func (calls) Getter(name string) event.Getter {
	if name == "studio.identity.person" {
		path := jsonscan.CompilePath("userIdentity.principalId")
		return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
			for _, v := range path.Append(nil, ev.Record, s) {
				if _, session, ok := bytes.Cut(v.Bytes, []byte(":")); ok && bytes.Contains(session, []byte("@")) {
					dst = append(dst, event.Text(session))
				}
			}
			return dst
		})
	}
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

var begin = time.Date(2026, 11, 5, 14, 2, 10, 0, time.UTC)

const (
	sable = "arn:aws:kms:eu-west-2:111111111111:key/5ab1e000-0000-4000-8000-000000000001"
	halo  = "arn:aws:kms:us-east-1:222222222222:key/4a100000-0000-4000-8000-000000000002"
	logs  = "arn:aws:kms:eu-west-2:444444444444:key/10950000-0000-4000-8000-000000000003"
	roots = "arn:aws:kms:eu-west-2:111111111111:key/5ab1e000-0000-4000-8000-000000000004"
	spare = "arn:aws:kms:eu-west-2:333333333333:key/5a4e0000-0000-4000-8000-000000000005"
)

func home(t testing.TB) *inventory.Index {
	t.Helper()
	x, err := inventory.Compile(&inventory.Studio{
		Accounts: []inventory.Account{
			{ID: "111111111111", Name: "sable-prod", Duty: "production", Production: "SABLE"}, {ID: "222222222222", Name: "halo-prod", Duty: "production"},
			{ID: "333333333333", Name: "shared-services", Duty: "shared"}, {ID: "444444444444", Name: "logging", Duty: "logging"},
		},
		Productions: []inventory.Production{
			{Name: "SABLE", Tier: 1, Wrap: "2027-06-07", Account: "111111111111"}, {Name: "HALO", Tier: 2, Wrap: "2026-10-31", Account: "222222222222"},
			{Name: "EMBER", Tier: 3, Account: "222222222222"},
		},
		Keys: []inventory.Key{
			{ARN: sable, Alias: "alias/sable-content", Purpose: content, Production: "SABLE", Account: "111111111111"},
			{ARN: roots, Alias: "alias/sable-volumes", Purpose: rootVolume, Production: "SABLE", Account: "111111111111"},
			{ARN: halo, Alias: "alias/halo-content", Purpose: content, Production: "HALO", Account: "222222222222"},
			{ARN: logs, Alias: "alias/studio-logs", Purpose: logging, Account: "444444444444"},
		},
		Roles: []inventory.Role{
			role("sable-render", "111111111111", "render", "SABLE"), role("halo-render", "222222222222", "render", "HALO"),
			role("sable-sync", "111111111111", "asset transfer", "SABLE"), role("burstwatch-reader", "111111111111", "log reader", ""),
			role("disaster-recovery", "111111111111", dutyRecovery, ""), role("ShowAdmin", "111111111111", "people", ""), role("KeyAdmin", "111111111111", "people", ""),
			role("vault", "333333333333", dutyKeyAdmin, ""),
		},
		Windows: []inventory.Window{{Name: "restore test", Kind: "disaster_recovery", From: "2026-11-05T11:30:00Z", To: "2026-11-05T12:30:00Z"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func role(name, account, duty, production string) inventory.Role {
	return inventory.Role{ARN: "arn:aws:iam::" + account + ":role/" + name, Name: name, Account: account, Duty: duty, Production: production}
}

// as is the userIdentity of a session of a role.
func as(name, account, session string) string {
	return fmt.Sprintf(`"userIdentity":{"type":"AssumedRole","principalId":"AROA:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":"%s","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::%s:role/%s"}}}`,
		session, account, name, session, account, account, name)
}

// call makes a record; more are members of it, and come after a comma.
func call(seconds int, name, who, key string, more ...string) *event.Event {
	source := "kms.amazonaws.com"
	switch name {
	case "GetObject":
		source = "s3.amazonaws.com"
	case "RunInstances":
		source = "ec2.amazonaws.com"
	}
	r := fmt.Sprintf(`{"eventSource":"%s","eventName":"%s",%s,"recipientAccountId":"111111111111"`, source, name, who)
	if key != "" {
		r += `,"resources":[{"ARN":"` + key + `","accountId":"` + strings.Split(key, ":")[4] + `","type":"AWS::KMS::Key"}]`
	}
	for _, m := range more {
		r += "," + m
	}
	return &event.Event{Schema: calls{}, Time: begin.Add(time.Duration(seconds) * time.Second).UnixNano(), Record: []byte(r + "}")}
}

const denied = `"errorCode":"AccessDenied"`

func service(who string) string {
	return strings.Replace(who, `"userIdentity":{`, `"userIdentity":{"invokedBy":"AWS Internal",`, 1)
}

func ruleOf(t testing.TB, name string, studio *inventory.Index) detect.Rule {
	t.Helper()
	r, err := New(studio).Rule(name, &sigma.Rule{ID: name, Level: sigma.Critical})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func judged(t testing.TB, name string, studio *inventory.Index, events ...*event.Event) []detecttest.Found {
	t.Helper()
	for i, ev := range events {
		ev.Number = int64(i)
	}
	st := detecttest.NewStore(ruleOf(t, name, studio))
	st.Batch("all", events)
	return st.Cases(t)
}

func TestAKeyOfAnotherProductionIsOneCaseWithEachCallOnce(t *testing.T) {
	var all []*event.Event
	for i := range 14 {
		who := as("halo-render", "222222222222", fmt.Sprintf("i-0%d", i%3))
		shared := fmt.Sprintf(`"sharedEventID":"s-%d"`, i)
		if i != 5 && i != 9 {
			all = append(all, call(i*34, "Decrypt", who, sable, shared, denied))
			continue
		}
		all = append(all, call(i*34, "Decrypt", who, sable, shared),
			call(i*34, "Decrypt", `"userIdentity":{"type":"AWSAccount","principalId":"AROA:i-0","accountId":"222222222222"}`, sable, shared))
	}
	got := judged(t, "keyuse.foreign", home(t), all...)
	if len(got) != 1 || got[0].Count != 14 || *got[0].Level != sigma.Critical {
		t.Fatalf("want one critical case of 14:\n%s", detecttest.Show(got))
	}
	for name, want := range map[string]string{
		"owner": "SABLE's", "kind": "content key", "caller": "HALO's render role", "outcome": "2 allowed, 12 denied", "sessions": "3 sessions", "key": "alias/sable-content",
	} {
		if f := got[0].Field(name); f != want {
			t.Errorf("%s is %q, want %q", name, f, want)
		}
	}
	if len(got[0].Events) != 14 {
		t.Errorf("%d events as evidence", len(got[0].Events))
	}
}

func TestWhoseKeyItIs(t *testing.T) {
	node := as("halo-render", "222222222222", "i-01")
	for _, c := range []struct {
		name  string
		event *event.Event
		level string
	}{
		{"allowed", call(0, "Decrypt", node, sable), "critical"},
		{"refused", call(0, "GenerateDataKey", node, sable, denied), "high"},
		{"by S3", call(0, "Decrypt", service(node), sable), "critical"},
		{"by an account of two other productions", call(0, "Decrypt", as("AWSReservedSSO_ShowAdmin", "222222222222", "kaya@studio.example"), sable), "critical"},
		{"by an account of nobody", call(0, "Decrypt", as("reader", "999999999999", "x"), sable), "critical"},
		{"only the owner's account tells", call(0, "Decrypt", `"userIdentity":{"type":"AWSAccount","principalId":"AROA:i-0","accountId":"222222222222"}`, sable), "critical"},
		{"by the key's id alone", call(0, "Decrypt", node, "", `"requestParameters":{"keyId":"5ab1e000-0000-4000-8000-000000000001"}`), "critical"},
		{"by its alias", call(0, "Encrypt", node, "", `"requestParameters":{"keyId":"alias/sable-content"}`), "critical"},
		{"the refusal alone names the key", call(0, "Decrypt", node, "", denied, `"errorMessage":"User: x is not authorized to perform: kms:Decrypt on resource: `+sable+` because no"`), "high"},

		{"its own production", call(0, "Decrypt", as("sable-render", "111111111111", "i-01"), sable), ""},
		{"its own account, in no role of a production", call(0, "Decrypt", as("ShowAdmin", "111111111111", "ada@studio.example"), sable), ""},
		{"the other production of its account", call(0, "Decrypt", as("AWSReservedSSO_ShowAdmin", "222222222222", "kaya@studio.example"), halo), ""},
		{"an account that is shared", call(0, "Decrypt", as("vault", "333333333333", "vault"), sable), ""},
		{"a service for itself", call(0, "GenerateDataKey", `"userIdentity":{"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"}`, sable), ""},
		{"looking at it is refused", call(0, "DescribeKey", node, sable, denied), ""},
		{"reading its policy is refused", call(0, "GetKeyPolicy", node, sable, denied), ""},
		{"a key of nobody", call(0, "Decrypt", node, spare), ""},
		{"not a key at all", call(0, "GetObject", node, sable), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "keyuse.foreign", home(t), c.event)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level || got[0].Count != 1) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
}

func TestWhatAKeyIsFor(t *testing.T) {
	node, reader := as("sable-render", "111111111111", "i-01"), as("burstwatch-reader", "111111111111", "bw")
	recovery := as("disaster-recovery", "111111111111", "rosa@studio.example")
	for _, c := range []struct {
		name  string
		event *event.Event
		level string
	}{
		{"a render role opens logs", call(0, "Decrypt", node, logs), "critical"},
		{"a render role is refused the logs' key", call(0, "Decrypt", node, logs, denied), "critical"},
		{"a render role reads logs by S3", call(0, "Decrypt", service(node), logs), "critical"},
		{"a log reader opens content", call(0, "Decrypt", reader, sable), "critical"},
		{"recovery outside its window", call(0, "Decrypt", recovery, sable), "critical"},

		{"recovery in its window", call(-9000, "Decrypt", recovery, sable), "low"},
		{"a render role writes logs by S3", call(0, "GenerateDataKey", service(node), logs), ""},
		{"a render role opens content", call(0, "Decrypt", node, sable), ""},
		{"EBS opens a volume for a log reader", call(0, "Decrypt", service(reader), roots), ""},
		{"a log reader opens logs", call(0, "Decrypt", reader, logs), ""},
		{"people are not judged by duty", call(0, "Decrypt", as("ShowAdmin", "111111111111", "ada@studio.example"), sable), ""},
		{"a key of unknown purpose", call(0, "Decrypt", node, spare), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "keyuse.purpose", home(t), c.event)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
			if c.level == "low" && len(got[0].Marks) == 0 {
				t.Error("the window does not mark the case")
			}
		})
	}
}

func TestWhoAdministersAndUses(t *testing.T) {
	const days = 86400
	mira, program := as("KeyAdmin", "111111111111", "mira@studio.example"), as("terraform", "333333333333", "tf")
	elsewhere := as("KeyAdmin", "222222222222", "mira@studio.example")
	node := as("sable-render", "111111111111", "i-01")
	for _, c := range []struct {
		name   string
		events []*event.Event
		cases  int
	}{
		{"another key's administrator opens content, in another account", []*event.Event{call(0, "DisableKey", elsewhere, halo), call(900, "Decrypt", mira, sable)}, 1},
		{"the use came first", []*event.Event{call(0, "Decrypt", mira, sable), call(900, "PutKeyPolicy", mira, sable)}, 1},
		{"refused all the same", []*event.Event{call(0, "DisableKey", mira, sable), call(900, "Decrypt", mira, sable, denied)}, 1},
		{"a program and its own key", []*event.Event{call(0, "PutKeyPolicy", program, spare), call(900, "Encrypt", program, spare), call(2*days, "Encrypt", program, spare)}, 2},
		{"by duty", []*event.Event{call(0, "Decrypt", as("vault", "333333333333", "vault"), sable)}, 1},

		{"eight days apart", []*event.Event{call(0, "DisableKey", mira, sable), call(8*days, "Decrypt", mira, sable)}, 0},
		{"the change was refused", []*event.Event{call(0, "DisableKey", mira, sable, denied), call(900, "Decrypt", mira, sable)}, 0},
		{"a service used it", []*event.Event{call(0, "DisableKey", mira, sable), call(900, "Decrypt", service(mira), sable)}, 0},
		{"two people", []*event.Event{call(0, "DisableKey", mira, sable), call(900, "Decrypt", as("ShowAdmin", "111111111111", "ada@studio.example"), sable)}, 0},
		{"another key that holds no content", []*event.Event{call(0, "PutKeyPolicy", program, roots), call(900, "Encrypt", program, spare)}, 0},
		{"nodes only use", []*event.Event{call(0, "Decrypt", node, sable), call(900, "Decrypt", node, sable)}, 0},
		{"reading about keys", []*event.Event{call(0, "GetKeyPolicy", mira, sable), call(900, "Decrypt", mira, sable)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(t, "keyuse.admin", home(t), c.events...); len(got) != c.cases {
				t.Errorf("want %d:\n%s", c.cases, detecttest.Show(got))
			}
		})
	}
}

func TestWhoIsGrantedAKey(t *testing.T) {
	ada := as("ShowAdmin", "111111111111", "ada@studio.example")
	to := func(arn string) string {
		return `"requestParameters":{"keyId":"` + sable + `","granteePrincipal":"` + arn + `","operations":["Decrypt"]}`
	}
	for _, c := range []struct {
		name  string
		event *event.Event
		cases int
	}{
		{"another production's role", call(0, "CreateGrant", ada, sable, to("arn:aws:iam::222222222222:role/halo-render")), 1},
		{"an account of nobody", call(0, "CreateGrant", ada, sable, to("arn:aws:iam::999999999999:role/other")), 1},
		{"refused", call(0, "CreateGrant", ada, sable, to("arn:aws:iam::999999999999:role/other"), denied), 1},
		{"its own production", call(0, "CreateGrant", ada, sable, to("arn:aws:iam::111111111111:role/sable-render")), 0},
		{"a service", call(0, "CreateGrant", ada, sable, to("rds.amazonaws.com")), 0},
		{"EBS for a node", call(0, "CreateGrant", service(ada), sable, to("arn:aws:sts::222222222222:assumed-role/aws:ec2-infrastructure/i-01")), 0},
		{"autoscaling", call(0, "CreateGrant", as("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", "111111111111", "AutoScaling"), sable, to("arn:aws:iam::111111111111:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(t, "keyuse.grant", home(t), c.event); len(got) != c.cases {
				t.Errorf("want %d:\n%s", c.cases, detecttest.Show(got))
			}
		})
	}
}

func TestWithoutAStudioFileNobodyIsForeign(t *testing.T) {
	for _, name := range []string{"keyuse.foreign", "keyuse.purpose", "keyuse.grant"} {
		if got := judged(t, name, nil, call(0, "Decrypt", as("halo-render", "222222222222", "i-01"), sable)); len(got) > 0 {
			t.Errorf("%s:\n%s", name, detecttest.Show(got))
		}
	}
	mira := as("KeyAdmin", "111111111111", "mira@studio.example")
	if got := judged(t, "keyuse.admin", nil, call(0, "DisableKey", mira, sable), call(900, "Decrypt", mira, sable)); len(got) != 1 {
		t.Errorf("the same key, without a studio file:\n%s", detecttest.Show(got))
	}
}

func drawCalls(rt *rapid.T) []*event.Event {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, name) }
	var all []*event.Event
	for i := range rapid.IntRange(1, 30).Draw(rt, "calls") {
		who := as(pick("role", "sable-render", "halo-render", "KeyAdmin", "disaster-recovery", "terraform"), pick("account", "111111111111", "222222222222", "999999999999"), pick("session", "i-01", "i-02", "mira@studio.example", "tf"))
		if rapid.Bool().Draw(rt, "service") {
			who = service(who)
		}
		more := []string{fmt.Sprintf(`"eventID":"%d"`, i)}
		if rapid.Bool().Draw(rt, "denied") {
			more = append(more, denied)
		}
		if rapid.IntRange(0, 3).Draw(rt, "shared") == 0 {
			more = append(more, `"sharedEventID":"`+fmt.Sprint(i)+`"`)
		}
		more = append(more, `"requestParameters":{"granteePrincipal":"arn:aws:iam::`+pick("grantee", "222222222222", "999999999999")+`:role/halo-render"}`)
		all = append(all, call(rapid.IntRange(-86400*9, 86400*9).Draw(rt, "at"), pick("name", "Decrypt", "Decrypt", "GenerateDataKey", "DisableKey", "PutKeyPolicy", "CreateGrant", "DescribeKey", "RunInstances"), who, pick("key", sable, halo, logs, spare), more...))
	}
	return all
}

func TestCasesDoNotDependOnOrderBatchesOrRepeats(t *testing.T) {
	studio := home(t)
	for name := range specs {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				all := drawCalls(rt)
				once := detecttest.NewStore(ruleOf(t, name, studio))
				once.Batch("all", all)
				want := detecttest.Show(once.Cases(t))
				dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
				dice.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
				st := detecttest.NewStore(ruleOf(t, name, studio))
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
		})
	}
}

// BenchmarkObserverOther is a record that has nothing to do with keys: what
// nearly all are. BenchmarkObserverOwn is a node that opens its own content.
func BenchmarkObserverOther(b *testing.B) {
	benchmark(b, call(0, "GetObject", as("sable-render", "111111111111", "i-01"), ""))
}

func BenchmarkObserverOwn(b *testing.B) {
	benchmark(b, call(0, "Decrypt", as("sable-render", "111111111111", "i-01"), sable))
}

func benchmark(b *testing.B, ev *event.Event) {
	d := New(home(b))
	var observers []detect.Observer
	for name := range specs {
		r, err := d.Rule(name, &sigma.Rule{})
		if err != nil {
			b.Fatal(err)
		}
		if o := r.Observer(calls{}); o != nil {
			observers = append(observers, o)
		}
	}
	var s event.Scratch
	out := detect.NewNotes(func(dst []byte, ev *event.Event, _ *event.Scratch) []byte { return append(dst, ev.Record...) })
	events := []*event.Event{ev, new(event.Event)}
	*events[1] = *ev
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s.Reset()
		for _, o := range observers {
			o.Event(events[n%2], &s, out)
		}
		if n++; n%1024 == 0 {
			for _, o := range observers {
				o.Flush(out)
			}
			out.Reset()
		}
	}
}
