package keyuse

import (
	"bytes"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
)

// columns read what is looked at of a CloudTrail record.
type columns struct {
	source, name, errorCode, errorMessage        event.Getter
	kind, arn, principal, account, by, issuer    event.Getter
	person, resources, key, bucket, grantee      event.Getter
	shared, recipient, region, launched, profile event.Getter
	context                                      event.Getter
	// recurring tells callers apart; nil: there is nothing to know them by.
	recurring event.Recurring
	// resourcesAt is the slot that all of resources is read of; -1: there is none.
	resourcesAt int
}

const personName = "studio.identity.person"

func newColumns(schema event.Schema) *columns {
	get := func(name string) event.Getter {
		if g := schema.Getter(name); g != nil {
			return g
		}
		return event.GetterFunc(func(dst []event.Value, _ *event.Event, _ *event.Scratch) []event.Value { return dst })
	}
	const who, asked = "userIdentity.", "requestParameters."
	recurring, ok := schema.(event.Recurring)
	if ok && !recurring.Recurs(personName) {
		recurring = nil
	}
	at := -1
	if slotted, ok := get("resources").(event.Slotted); ok {
		at = slotted.Slot()
	}
	return &columns{
		recurring: recurring, resourcesAt: at,
		source: get("eventSource"), name: get("eventName"), errorCode: get("errorCode"), errorMessage: get("errorMessage"),
		kind: get(who + "type"), arn: get(who + "arn"), principal: get(who + "principalId"), account: get(who + "accountId"),
		by: get(who + "invokedBy"), issuer: get(who + "sessionContext.sessionIssuer.arn"), person: get(personName),
		resources: get("resources.ARN"), key: get(asked + "keyId"), grantee: get(asked + "granteePrincipal"),
		context: get(asked + "encryptionContext"), bucket: get(asked + `encryptionContext.aws:s3:arn`),
		shared: get("sharedEventID"), recipient: get("recipientAccountId"), region: get("awsRegion"),
		launched: get("responseElements.instancesSet.items.instanceId"), profile: get(asked + "iamInstanceProfile.arn"),
	}
}

// deed is what a call does with a key.
type deed uint8

const (
	nothing deed = iota
	uses
	administers
	grants
	launches // of instances: nothing with a key
)

// deeds are the calls that count.
var deeds = map[string]deed{
	"Decrypt": uses, "Encrypt": uses, "GenerateDataKey": uses, "GenerateDataKeyWithoutPlaintext": uses, "GenerateDataKeyPair": uses,
	"GenerateDataKeyPairWithoutPlaintext": uses, "ReEncrypt": uses, "ReEncryptFrom": uses, "ReEncryptTo": uses,
	"Sign": uses, "GenerateMac": uses, "DeriveSharedSecret": uses,

	"CreateKey": administers, "PutKeyPolicy": administers, "ScheduleKeyDeletion": administers, "CancelKeyDeletion": administers,
	"DisableKey": administers, "EnableKey": administers, "EnableKeyRotation": administers, "DisableKeyRotation": administers,
	"RotateKeyOnDemand": administers, "ImportKeyMaterial": administers, "DeleteImportedKeyMaterial": administers,
	"UpdateAlias": administers, "DeleteAlias": administers, "UpdatePrimaryRegion": administers, "ReplicateKey": administers,

	"CreateGrant": grants,
}

// act is a call as the rules look at it. Its texts are copies, but for the
// first ones.
type act struct {
	deed deed
	time int64
	// copied is set for the copy in the account of the key, which does not tell
	// who called.
	copied bool
	name   string
	denied bool // refused or failed
	// direct is set where nobody calls in the caller's name.
	direct bool
	// bucket is set where the encryption context names a whole bucket, object
	// where it names one of its objects.
	bucket, object bool
	keys           []target
	caller         *caller // it is remembered, and not changed
	grantee        string
	// launched is how many instances were launched, profile the role that they
	// have as their profile, as an ARN.
	launched int64
	profile  string
}

// target is a key that a call is about.
type target struct {
	// name is its ARN, or the best that the record says.
	name  string
	key   *inventory.Key // nil where the studio file does not know it
	owner *inventory.Production
	rate  *rated // what keyuse.rate counts its use by
}

// caller is who called.
type caller struct {
	kind, arn, account, session string
	// person is the human behind it, "" for none.
	person string
	role   *inventory.Role // nil where the studio file does not know it
	// roleARN is the role's own.
	roleARN string
}

// reader reads calls; all rules of a Detector share a worker's one.
type reader struct {
	d       *Detector
	columns *columns
	values  []event.Value
	known   memory
	last    *event.Event // that act was read of, in that round of the scratch
	round   uint64
	act     *act
	one     act
}

func (r *reader) text(g event.Getter, ev *event.Event, s *event.Scratch) []byte {
	r.values = g.Append(r.values[:0], ev, s)
	if len(r.values) == 0 {
		return nil
	}
	return plain(r.values[0], s)
}

// plain is a value as it reads.
func plain(v event.Value, s *event.Scratch) []byte {
	if v.Kind == event.Escaped && bytes.IndexByte(v.Bytes, '\\') >= 0 {
		return event.AppendUnescaped(s.Alloc(len(v.Bytes)), v.Bytes)
	}
	return v.Bytes
}

func (r *reader) str(g event.Getter, ev *event.Event, s *event.Scratch) string {
	return string(r.text(g, ev, s))
}

// look reads an event; nil if no rule has to do with it.
func (r *reader) look(ev *event.Event, s *event.Scratch) *act {
	if ev == r.last && s.Round() == r.round {
		return r.act
	}
	r.last, r.round, r.act = ev, s.Round(), nil
	switch string(r.text(r.columns.source, ev, s)) {
	case "kms.amazonaws.com":
		if name := r.text(r.columns.name, ev, s); deeds[string(name)] != nothing {
			r.act = r.read(deeds[string(name)], r.known.word(name), ev, s)
		}
	case "ec2.amazonaws.com":
		if len(r.d.content) > 0 && string(r.text(r.columns.name, ev, s)) == "RunInstances" && r.text(r.columns.errorCode, ev, s) == nil {
			r.act = r.launch(ev, s)
		}
	}
	return r.act
}

func (r *reader) read(d deed, name string, ev *event.Event, s *event.Scratch) *act {
	c, a := r.columns, &r.one
	*a = act{deed: d, time: moment(ev), name: name, keys: a.keys[:0], direct: r.text(c.by, ev, s) == nil}
	a.denied = r.text(c.errorCode, ev, s) != nil
	a.caller = r.known.caller(r, ev, s)
	if a.caller.kind == "AWSService" {
		a.direct = false
	}
	a.copied = a.caller.kind == "AWSAccount"
	r.context(a, ev, s)
	r.targets(a, ev, s)
	if d == grants {
		a.grantee = r.str(c.grantee, ev, s)
	}
	return a
}

// id is that of a call, however often it is logged.
func (r *reader) id(ev *event.Event, s *event.Scratch) event.ID {
	if shared := r.text(r.columns.shared, ev, s); shared != nil {
		return event.HashID(s, []byte("sharedEventID"), shared)
	}
	return ev.Schema.ID(ev, s)
}

func (r *reader) launch(ev *event.Event, s *event.Scratch) *act {
	a := &r.one
	*a = act{deed: launches, time: moment(ev), keys: a.keys[:0]}
	r.values = r.columns.launched.Append(r.values[:0], ev, s)
	a.launched = int64(len(r.values))
	a.profile = strings.Replace(r.str(r.columns.profile, ev, s), ":instance-profile/", ":role/", 1)
	a.caller = r.known.caller(r, ev, s)
	return a
}

// readCaller reads who called. All of it is told by what recurs in records.
func (r *reader) readCaller(ev *event.Event, s *event.Scratch) *caller {
	c := r.columns
	word := func(g event.Getter) string { return r.known.word(r.text(g, ev, s)) }
	w := &caller{kind: word(c.kind), arn: r.str(c.arn, ev, s), account: word(c.account), roleARN: word(c.issuer), person: word(c.person)}
	if _, session, ok := strings.Cut(r.str(c.principal, ev, s), ":"); ok {
		w.session = session
	}
	if w.roleARN != "" {
		w.role = r.d.studio.Role(w.roleARN, w.account)
	} else if w.arn != "" && strings.Contains(w.arn, ":assumed-role/") {
		w.role = r.d.studio.Role(w.arn, w.account)
	}
	return w
}

// context reads the encryption context of S3: with a bucket key it names the
// bucket, without one the object.
func (r *reader) context(a *act, ev *event.Event, s *event.Scratch) {
	arn := r.text(r.columns.bucket, ev, s)
	if rest, ok := bytes.CutPrefix(arn, []byte("arn:aws:s3:::")); ok {
		a.object = bytes.IndexByte(rest, '/') >= 0
		a.bucket = !a.object
	}
}

// targets finds the keys of a call: by its resources, else by what it asked
// for, else by what the refusal says.
func (r *reader) targets(a *act, ev *event.Event, s *event.Scratch) {
	if a.keys = r.resources(a.keys, ev, s); len(a.keys) > 0 {
		return
	}
	account := r.str(r.columns.recipient, ev, s)
	if name := r.str(r.columns.key, ev, s); name != "" {
		a.keys = append(a.keys, r.d.target(name, account))
		return
	}
	if name := named(r.text(r.columns.errorMessage, ev, s)); name != "" {
		a.keys = append(a.keys, r.d.target(name, account))
		return
	}
	r.byBucket(a, ev, s)
}

// resources appends the keys among the resources of a call.
func (r *reader) resources(dst []target, ev *event.Event, s *event.Scratch) []target {
	var text []byte
	if r.columns.resourcesAt >= 0 {
		text = ev.At(r.columns.resourcesAt)
	}
	if keys, ok := r.known.resources[string(text)]; ok && len(text) > 0 {
		return append(dst, keys...)
	}
	from := len(dst)
	r.values = r.columns.resources.Append(r.values[:0], ev, s)
	for i := range r.values {
		if t := r.known.target(r.d, plain(r.values[i], s), s); t != nil {
			dst = append(dst, *t)
		}
	}
	r.known.learn(text, dst[from:])
	return dst
}

// byBucket takes the production of a bucket for that of the key, where a
// refused call names no key.
func (r *reader) byBucket(a *act, ev *event.Event, s *event.Scratch) {
	rest, ok := bytes.CutPrefix(r.text(r.columns.bucket, ev, s), []byte("arn:aws:s3:::"))
	if !ok {
		return
	}
	bucket, _, _ := bytes.Cut(rest, []byte("/"))
	if p := r.d.studio.Bucket(string(bucket)); p != nil {
		a.keys = append(a.keys, target{name: "the key of bucket " + string(bucket), owner: p})
	}
}

func isKey(arn string) bool {
	return strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":kms:") && strings.Contains(arn, ":key/")
}

// named finds the ARN of a key in a refusal.
func named(message []byte) string {
	for word := range bytes.FieldsSeq(message) {
		if w := string(bytes.Trim(word, ".,;\"'")); isKey(w) {
			return w
		}
	}
	return ""
}

// target is what the studio file says of a key.
func (d *Detector) target(name, account string) target {
	t := target{name: name, key: d.studio.Key(name, account)}
	switch {
	case t.key != nil:
		t.name, t.owner = t.key.ARN, d.studio.Production(t.key.Production)
	case isKey(name):
		t.owner = d.studio.AccountProduction(strings.Split(name, ":")[4])
	}
	return t
}

func (t *target) purpose() string {
	if t.key == nil {
		return ""
	}
	return t.key.Purpose
}

// moment is the record's time, or when it was read where it has none.
func moment(ev *event.Event) int64 {
	if ev.Time != 0 {
		return ev.Time
	}
	return ev.Created
}
