package vpcflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

// pieces are what damaged and odd flow logs are made of.
var pieces = []string{
	formatV2, strings.ReplaceAll(formatV2, "-", "_"), formatTGW,
	"version srcaddr dstaddr srcport dstport protocol start end type flow-direction tcp-flags new-column",
	"srcaddr dstaddr", "interface-id pkt-srcaddr pkt-dstaddr action bytes",
	"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
	"2 unknown eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA",
	"2 1 eni-1 2001:db8:1234:a100:8d6e:3477:df66:f105 2001:db8::7 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK",
	"2 1 eni-1 10.0.0.1  10.0.0.2\t0 0 1 4 336 1432917027 1432917142 REJECT OK # said twice",
	"2 1 eni-1 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 x ACCEPT OK",
	"2 1 eni-1 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 1432917142 ACCEPT",
	"2 1 eni-1 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 1432917142 ACCEPT OK OK",
	"2 1 eni-\xff 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 1432917142 ACCEPT OK",
	"2 1 eni-\x00 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 1432917142 ACCEPT OK",
	"5 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 IPv4 egress 3 größer",
	"10.1.2.3 4.5.6.7", "eni-1 10.1.2.3 4.5.6.7 ACCEPT 17",
	"# block", "...", "", "   ", " 2", "srcaddr", strings.Repeat("x", 700), strings.Repeat("2 ", 400),
}

func drawLog(t *rapid.T) []byte {
	var b bytes.Buffer
	if rapid.Bool().Draw(t, "mark") {
		b.WriteString(bom)
	}
	if rapid.Bool().Draw(t, "header") {
		b.WriteString(formatV2 + "\n")
	}
	for i := range rapid.IntRange(0, 30).Draw(t, "lines") {
		if i > 0 {
			b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		b.WriteString(rapid.SampledFrom(pieces).Draw(t, "line"))
	}
	if rapid.Bool().Draw(t, "last end") {
		b.WriteString("\n")
	}
	return b.Bytes()
}

func TestAnySplitOfTheInputGivesTheSameEvents(t *testing.T) {
	parsertest.Splits(t, Spec(), 512, drawLog)
}

func TestAnOverLongLineIsRejectedInParts(t *testing.T) {
	const max = 256
	long := strings.Repeat("y", 3000)
	input := headed(goodLine, long, goodLine)
	for _, step := range []int{max, 300, 1000, 5000} {
		p := Spec().New(parsers.Options{MaxRecord: max})
		p.Reset(&testOrigin, nil)
		var raw []byte
		events, parts, open := 0, 0, false
		for base := 0; base < len(input); {
			end := min(base+step, len(input))
			b := event.NewBatch(0, nil)
			b.Origin = &testOrigin
			n, err := p.Parse(input[base:end], int64(base), end == len(input), b)
			if err != nil || n == 0 {
				t.Fatal(n, err)
			}
			events += len(b.Events)
			for _, r := range b.Rejects {
				raw = append(raw, r.Raw...)
				if r.Part > 0 {
					parts++
					open = r.More
					if r.Part != parts {
						t.Errorf("part %d is numbered %d", parts, r.Part)
					}
				}
			}
			base += n
		}
		if events != 2 || string(bytes.TrimSpace(raw)) != long || open {
			t.Errorf("windows of %d: %d events, %d rejected bytes of %d, last part open: %v", step, events, len(raw), len(long), open)
		}
		if want := step < len(long); (parts > 1) != want {
			t.Errorf("windows of %d: %d parts", step, parts)
		}
	}
}

const goodLine = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"

// plainRead is what a line says, read in the plainest way.
func plainRead(line string, columns []string) (map[string]string, bool) {
	line = strings.TrimSuffix(line, "\r")
	f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(f) > len(columns) && strings.HasPrefix(f[len(columns)], "#") {
		f = f[:len(columns)]
	}
	if len(f) != len(columns) {
		return nil, false
	}
	out := map[string]string{}
	for i, c := range columns {
		if f[i] != "-" {
			out[c] = f[i]
		}
	}
	return out, true
}

func FuzzSplit(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(p))
		f.Add([]byte(p + "\r\n" + goodLine))
	}
	names := strings.Fields(formatV2)
	l, err := newLayout(formatV2)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		slots := make([]event.Span, l.size)
		end, next, notes, ok := split(input, 0, slots, l.slots)
		if !ok {
			return // the plain way is taken
		}
		if input[next-1] != '\n' || bytes.IndexByte(input[:next-1], '\n') >= 0 {
			t.Fatalf("line ends at %d", next)
		}
		want, fits := plainRead(string(input[:next-1]), names)
		if !fits {
			t.Fatalf("took a line that does not fit: %q", input[:next])
		}
		ev := event.Event{Record: input[:end], Slots: slots}
		if notes&noteClean != 0 && !clean(ev.Record) || (notes&noteFull != 0) != (len(want) == len(names)) {
			t.Errorf("notes %b on %q", notes, ev.Record)
		}
		for i, name := range names {
			if got := string(ev.At(i)); got != want[name] {
				t.Errorf("%s is %q, not %q", name, got, want[name])
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(p), 3)
		f.Add([]byte(formatV2+"\n"+p+"\n"+goodLine), 100)
	}
	names := strings.Fields(formatV2)
	f.Fuzz(func(t *testing.T, input []byte, cut int) {
		whole := read(input, 1024)
		if cut > 0 && cut < len(input) {
			parts := parsertest.Run(Spec(), input, testOrigin, parsertest.Windows{Cuts: []int{cut}, MaxRecord: 1024})
			if !slices.Equal(whole.Events, parts.Events) {
				t.Fatal("a cut changes the events")
			}
		}
		// One line under a default header is an event exactly if it fits.
		line, _, _ := bytes.Cut(input, []byte("\n"))
		if len(line) > 1000 || isHeader(line) || !isText(line) {
			return
		}
		one := read(headed(string(line), goodLine), 1024)
		want, fits := plainRead(string(line), names)
		if _, isTime := plainTime(want["end"]); fits != isTime && fits {
			fits = false
		}
		if n := len(one.Events); n != 1 && !fits || n != 2 && fits {
			t.Fatalf("%q: %d events, %q", line, n, one.Rejects)
		}
	})
}

func isText(line []byte) bool {
	return !bytes.ContainsFunc(bytes.TrimSuffix(line, []byte("\r")), func(r rune) bool { return r < ' ' && r != '\t' })
}

func plainTime(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, ok := whole([]byte(s))
	return n, ok && n <= maxSeconds
}

func TestReadingAllocatesNothing(t *testing.T) {
	input := sample(100 << 10)
	p := Spec().New(parsers.Options{})
	b := event.NewBatch(0, nil)
	var fields []event.Field
	var s event.Scratch
	var out []byte
	perRun := testing.AllocsPerRun(10, func() {
		b.Reuse(nil)
		b.Origin = &testOrigin
		p.Reset(&testOrigin, nil)
		if _, err := p.Parse(input, 0, true, b); err != nil {
			t.Fatal(err)
		}
		for i := range b.Events {
			s.Reset()
			out, fields = event.AppendEvent(out[:0], &b.Events[i], fields, &s)
			fields = b.Events[i].Schema.Fields(fields[:0], &b.Events[i], &s)
		}
	})
	most := 3.0 // a header's text, an amount that does not grow with the lines
	if raced {
		most += 2 * float64(len(b.Events))
	}
	if perRun > most {
		t.Errorf("%v allocations for %d events", perRun, len(b.Events))
	}
}

func TestRecordsOfTwoFilesNeverShareADeliveryID(t *testing.T) {
	a := read(headed(goodLine), 0)
	b := read(headed(strings.Replace(goodLine, "ACCEPT", "REJECT", 1)), 0)
	again := read(headed(goodLine), 0)
	id := func(g parsertest.Result) string {
		_, rest, _ := strings.Cut(g.Events[0], `"delivery_id":"`)
		return rest[:32]
	}
	if id(a) == id(b) || id(a) != id(again) {
		t.Error(id(a), id(b), id(again))
	}
}

func TestAnOriginThatIsNoFlowLogIsRejectedAsOne(t *testing.T) {
	input := []byte(strings.Repeat("some text of another kind\n", 1000))
	g := read(input, 0)
	if len(g.Rejects) != maxUnfit || !strings.Contains(g.Err, "none of the first 100 lines") {
		t.Errorf("%d rejects, %s", len(g.Rejects), g.Err)
	}
}

func TestTheSurenessOfAClaim(t *testing.T) {
	for head, want := range map[string]int{
		formatV2 + "\n":                   3,
		goodLine:                          3,
		"# block\n" + goodLine + "\nx":    3,
		bom + "\r\n\n" + goodLine:         3,
		`{"Records":[]}`:                  0,
		"Nov  6 09:37:05 host sshd: text": 0,
		"type action":                     0,
		"":                                0,
	} {
		if got := detect("x.log", []byte(head)); got != want {
			t.Errorf("%.40q: %d, not %d", head, got, want)
		}
	}
	if got := detect("AWSLogs/1/vpcflowlogs/x", []byte("i-1 10.0.0.1")); got != 2 {
		t.Error("by name:", got)
	}
}

func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	return dir
}

func TestCorpusExamplesAreRead(t *testing.T) {
	input, err := os.ReadFile(filepath.Join(corpus(t), "awsdocs-samples", "vpcflow-examples.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for line := range strings.Lines(string(input)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && line != "..." && !isHeader([]byte(line)) {
			want++
		}
	}
	g := read(input, 0)
	if len(g.Events) != want || len(g.Rejects) != 1 || !strings.Contains(g.Rejects[0], `"..."`) {
		t.Errorf("%d events of %d records\n%s", len(g.Events), want, strings.Join(g.Rejects, "\n"))
	}
	fmt.Fprintln(t.Output(), len(g.Events), "events")
}

// sameDocument fails where the short way to an event's document differs from
// the general one, and reports whether the short way was taken.
func sameDocument(t interface {
	Helper()
	Fatalf(string, ...any)
}, ev *event.Event, s *event.Scratch) bool {
	t.Helper()
	short, ok := plain.AppendDocument([]byte("before"), ev, nil, s)
	id := ev.DeliveryID
	if !ok {
		if string(short) != "before" {
			t.Fatalf("wrote %q before it gave up", short)
		}
		return false
	}
	general := event.AppendDocument([]byte("before"), plain.Fields(nil, ev, s))
	var doc struct{ Event struct{ Original string } }
	if err := json.Unmarshal(general[len("before"):], &doc); err != nil || doc.Event.Original != string(ev.Record) {
		t.Fatalf("%v: event.original is %q, not %q", err, doc.Event.Original, ev.Record)
	}
	if !bytes.Equal(short, general) || id != ev.DeliveryID {
		t.Fatalf("%q\n%s\n%s", ev.Record, short, general)
	}
	more := someOthers(ev)
	fields := append(plain.Fields(nil, ev, s), more...)
	slices.SortFunc(fields, func(a, b event.Field) int { return int(a.Key) - int(b.Key) })
	general = event.AppendDocument([]byte("before"), fields)
	short, ok = plain.AppendDocument([]byte("before"), ev, more, s)
	named := slices.ContainsFunc(more, func(f event.Field) bool { return f.Key == event.KeyCloudAccountName })
	if told := (&flow{ev: ev}).account() != nil; !ok && (!named || told) {
		t.Fatalf("%q: the short way is not taken with %v", ev.Record, more)
	}
	if ok && !bytes.Equal(short, general) {
		t.Fatalf("%q\n%s\n%s", ev.Record, short, general)
	}
	return true
}

// others are fields of what is known besides the logs, in every gap of a document.
var others = []event.Field{
	{Key: event.KeyCloudAccountName, Value: event.Str("a \"quoted\" name")},
	{Key: event.KeyDestinationASNumber, Value: event.Int64(64500)},
	{Key: event.KeyDestinationASOrganizationName, Value: event.Str("Example")},
	{Key: event.KeyDestinationGeoCityName, Value: event.Str("London")},
	{Key: event.KeyDestinationGeoLocation, Value: event.RawJSON([]byte(`{"lat":51.5,"lon":0}`))},
	{Key: event.KeySourceASNumber, Value: event.Int64(1)},
	{Key: event.KeySourceGeoCountryIsoCode, Value: event.Str("GB")},
	{Key: event.KeyStudioDestinationTier, Value: event.Int64(1)},
	{Key: event.KeyStudioIdentityPerson, Value: event.Str("ada")},
	{Key: event.KeyStudioProduction, Value: event.Str("SABLE")},
	{Key: event.KeyStudioSourceZone, Value: event.Str("content")},
	{Key: event.KeyStudioWindow, Value: event.RawJSON([]byte(`["crunch"]`))},
}

// someOthers are some of them, others for another record.
func someOthers(ev *event.Event) []event.Field {
	var out []event.Field
	which := uint64(ev.Number+int64(len(ev.Record))+1) * mix
	for i, f := range others {
		if which>>(63-i)&1 != 0 {
			out = append(out, f)
		}
	}
	return out
}

func TestTheShortWayIsTakenAndGivesTheSameDocument(t *testing.T) {
	input := sample(200 << 10)
	for _, o := range []event.Origin{
		testOrigin,
		{Source: `a "quoted" source`, Name: "s3://bucket/AWSLogs/x y\".gz", Account: "1", Region: "eu-west-1"},
		{Name: "s3://bucket"}, {},
	} {
		b := event.NewBatch(0, nil)
		b.Origin, b.Created = &o, 1_700_000_000_123_456_789
		p := Spec().New(optionsOf(0))
		p.Reset(&o, nil)
		if _, err := p.Parse(input, 0, true, b); err != nil {
			t.Fatal(err)
		}
		taken := 0
		var s event.Scratch
		for i := range b.Events {
			if sameDocument(t, &b.Events[i], &s) {
				taken++
			}
		}
		if taken < len(b.Events)*9/10 {
			t.Errorf("taken for %d events of %d", taken, len(b.Events))
		}
	}
}

func FuzzDocument(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(p), "s3://b/k", "eu-west-1")
	}
	for _, l := range []string{
		`2 1 "eni\-1" 10.0.0.1 10.0.0.2 1 1 6 1 1 86399 86400 ACCEPT OK`, `2 1 eni\1 10.0.0.1 10.0.0.2 1 1 6 1 1 86399 86400 ACCEPT OK`,
		"2 unknown eni-1 10.0.0.1 10.0.0.1 1 1 6 1 1 86399 86400 ACCEPT OK",
		"2 1 eni-1 1.1.1.1 9.9.9.9 0 0 1 1 1 86399 86399 REJECT OK",
		"2 1 eni-1 1.1.1.1 9.9.9.9 07 0 200 01 1 9223372035 9223372036 REJECT OK",
	} {
		f.Add([]byte(l), "x", "")
	}
	f.Fuzz(func(t *testing.T, line []byte, name, region string) {
		o := event.Origin{Source: region, Name: name, Region: region}
		b := event.NewBatch(0, nil)
		b.Origin = &o
		p := Spec().New(optionsOf(1024))
		p.Reset(&o, nil)
		p.Parse(append(headed(string(line)), "\n"+goodLine+"\n"...), 0, true, b)
		var s event.Scratch
		for i := range b.Events {
			sameDocument(t, &b.Events[i], &s)
		}
	})
}
