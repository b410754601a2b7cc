package ssm

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

var (
	kindEvent  = ecs.Constant("event")
	actionRead = ecs.Constant("session-output")
	actionType = ecs.Constant("session-command")
	categories = event.RawJSON([]byte(`["process","session"]`))
	typeInfo   = event.RawJSON([]byte(`["info"]`))
	moduleAWS  = ecs.Constant("aws")
	provider   = ecs.Constant("ssm.amazonaws.com")
)

// facts are what a record says, or its origin for it.
type facts struct {
	version, region, target, arn, runAs, session string
	account, user                                string
}

// writer appends fields in key order, leaving out those that are empty.
type writer []event.Field

func (w *writer) put(k event.Key, v event.Value) {
	if v.Kind != event.Null {
		*w = append(*w, event.Field{Key: k, Value: v})
	}
}

func (w *writer) text(k event.Key, text string) {
	if text != "" {
		w.put(k, event.Str(text))
	}
}

// list puts several texts, those that are not empty.
func (w *writer) list(k event.Key, texts []string) {
	texts = slices.DeleteFunc(texts, func(t string) bool { return t == "" })
	if len(texts) == 0 {
		return
	}
	out := []byte{'['}
	for i, t := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = event.AppendValue(out, event.Str(t))
	}
	w.put(k, event.RawJSON(append(out, ']')))
}

func unique(texts ...string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// Fields implements event.Schema.
func (c schema) Fields(dst []event.Field, original *event.Event, s *event.Scratch) []event.Field {
	original.DeliveryID = c.ID(original, s)
	r := c.read(original)
	ev, f := r.ev, r.facts()
	var commands []string
	for _, command := range typed(nil, r.shown) {
		commands = append(commands, string(command))
	}
	w := writer(dst)
	w.put(event.KeyTimestamp, event.At(moment(ev)))
	w = ecs.Object(w, ev, s)
	w.list(event.KeyAWSSsmSessionCommands, commands)
	w.text(event.KeyAWSSsmSessionEventVersion, f.version)
	w.text(event.KeyAWSSsmSessionRunASUser, f.runAs)
	w.text(event.KeyAWSSsmSessionSessionID, f.session)
	w = ecs.Burstwatch(w, ev, event.Value{}, s)
	w.text(event.KeyCloudAccountID, f.account)
	if strings.HasPrefix(f.target, "i-") {
		w.text(event.KeyCloudInstanceID, f.target)
	}
	w.put(event.KeyCloudProvider, moduleAWS)
	w.text(event.KeyCloudRegion, f.region)
	w = ecs.DataStream(w, dataset)
	w = ecs.ECSVersion(w)
	w.event(ev, len(commands) > 0, s)
	w.text(event.KeyHostID, f.target)
	w = ecs.Log(w, ev, s)
	if len(r.shown) > 0 {
		w.put(event.KeyMessage, event.Text(r.shown))
	}
	if len(commands) == 1 {
		w.text(event.KeyProcessCommandLine, commands[0])
	}
	w.list(event.KeyRelatedEntity, unique(f.arn, f.target))
	w.list(event.KeyRelatedUser, unique(f.user, f.runAs))
	w.text(event.KeyUserName, f.user)
	return w
}

// event puts event.*.
func (w *writer) event(ev *event.Event, typed bool, s *event.Scratch) {
	action := actionRead
	if typed {
		action = actionType
	}
	w.put(event.KeyEventAction, action)
	w.put(event.KeyEventCategory, categories)
	w.put(event.KeyEventCreated, event.At(ev.Created))
	w.put(event.KeyEventDataset, dataset)
	w.put(event.KeyEventHash, ecs.Hash(ev, s))
	if m := ev.Origin.Message; m != nil {
		w.text(event.KeyEventID, m.ID)
	}
	w.put(event.KeyEventKind, kindEvent)
	w.put(event.KeyEventModule, moduleAWS)
	w.put(event.KeyEventOriginal, event.Text(ev.Record))
	w.put(event.KeyEventProvider, provider)
	w.put(event.KeyEventType, typeInfo)
}

// moment is the event's time, or when it was read where it has none.
func moment(ev *event.Event) int64 {
	if ev.Time != 0 {
		return ev.Time
	}
	return ev.Created
}

var accountOf = regexp.MustCompile(`^arn:aws[a-z-]*:(?:sts|iam)::(\d{12}):`)

// facts reads the record, and what its origin tells where it is silent.
func (r *reading) facts() (f facts) {
	o := r.ev.Origin
	if !r.text {
		for it := jsonscan.Object(r.ev.Record); it.Next(); {
			f.member(it.Key, it.Value)
		}
	}
	if f.session == "" {
		f.session = sessionOf(o.Name)
	}
	if f.region == "" {
		f.region = o.Region
	}
	if m := accountOf.FindStringSubmatch(f.arn); m != nil {
		f.account = m[1]
	} else {
		f.account = o.Account
	}
	f.user = person(f.session, f.arn)
	return f
}

func (f *facts) member(key, value []byte) {
	for _, m := range []struct {
		name string
		into *string
	}{
		{"eventVersion", &f.version}, {"awsRegion", &f.region}, {"runAsUser", &f.runAs}, {"sessionId", &f.session},
	} {
		if jsonscan.Is(key, m.name) {
			*m.into = textOf(value)
		}
	}
	switch {
	case jsonscan.Is(key, "target"):
		f.target = inside(value, "id")
	case jsonscan.Is(key, "userIdentity"):
		f.arn = inside(value, "arn")
	}
}

func inside(object []byte, name string) (text string) {
	for it := jsonscan.Object(object); it.Next(); {
		if jsonscan.Is(it.Key, name) {
			text = textOf(it.Value)
		}
	}
	return text
}

func textOf(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	return string(event.AppendUnescaped(nil, value[1:len(value)-1]))
}

// person is who began a session: its id begins with the name of the IAM user, or
// of the role's session, which is the person's where people sign in by one.
func person(session, arn string) string {
	if m := sessionName.FindStringSubmatch(session); m != nil {
		return m[1]
	}
	if i := strings.LastIndexByte(arn, '/'); i >= 0 {
		return arn[i+1:]
	}
	if i := strings.LastIndexByte(session, '-'); i > 0 {
		return session[:i]
	}
	return ""
}

// Getter implements event.Schema. A chunk may have any raw name. A transcript's
// text goes by the names of a chunk, so that rules need one: sessionData is what
// was shown, sessionId the session that its name tells.
func (c schema) Getter(name string) event.Getter {
	key, known := event.KeyOf(name)
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		before := len(dst)
		if ev.Flags&isText == 0 {
			if dst = path.Append(dst, ev.Record, s); name == "sessionData" {
				dst = appendShown(dst, dataOf(ev.Record))
			}
		} else if name == "sessionData" {
			dst = appendShown(append(dst, event.Text(ev.Record)), ev.Record)
		}
		switch {
		case len(dst) > before:
		case name == "sessionId":
			if id := sessionOf(ev.Origin.Name); id != "" {
				dst = append(dst, event.Str(id))
			}
		case known:
			dst = ecs.FromDocument(c, key).Append(dst, ev, s)
		}
		return dst
	})
}

// appendShown appends what a terminal shows, where that is not what it was sent.
func appendShown(dst []event.Value, sent []byte) []event.Value {
	if shown := show(sent); !bytes.Equal(shown, sent) {
		dst = append(dst, event.Text(shown))
	}
	return dst
}
