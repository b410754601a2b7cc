package decode

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// flowRow is a flow log as AWS writes it: text and numbers of 32 and 64 bits.
type flowRow struct {
	Version   int32   `parquet:"version"`
	AccountID *string `parquet:"account_id,optional,dict"`
	SrcAddr   *string `parquet:"srcaddr,optional,dict"`
	DstAddr   *string `parquet:"dstaddr,optional"`
	SrcPort   *int32  `parquet:"srcport,optional"`
	Bytes     *int64  `parquet:"bytes,optional"`
	Start     *int64  `parquet:"start,optional,dict"`
	End       int64   `parquet:"end,delta"`
	Action    *string `parquet:"action,optional"`
	LogStatus string  `parquet:"log_status,delta"`
}

const flowHeader = "version account-id srcaddr dstaddr srcport bytes start end action log-status\n"

func (r flowRow) line() string {
	text := func(s *string) string {
		if s == nil || *s == "" {
			return "-"
		}
		return *s
	}
	number := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	port := "-"
	if r.SrcPort != nil {
		port = fmt.Sprint(*r.SrcPort)
	}
	return fmt.Sprintf("%d %s %s %s %s %s %s %d %s %s\n", r.Version, text(r.AccountID), text(r.SrcAddr), text(r.DstAddr), port, number(r.Bytes), number(r.Start), r.End, text(r.Action), r.LogStatus)
}

func ptr[T any](v T) *T { return &v }

func flowRows(n int, seed uint64) (rows []flowRow, text string) {
	r := rand.New(rand.NewPCG(seed, 7))
	var b strings.Builder
	b.WriteString(flowHeader)
	for i := range n {
		row := flowRow{Version: 2, AccountID: ptr("004805711429"), End: int64(1751356800 + i), LogStatus: "NODATA"}
		if r.IntN(10) > 0 {
			row.SrcAddr, row.DstAddr = ptr(fmt.Sprintf("10.0.%d.%d", r.IntN(4), r.IntN(256))), ptr(fmt.Sprintf("93.184.%d.%d", r.IntN(4), r.IntN(256)))
			row.SrcPort, row.Bytes, row.Start = ptr(int32(r.IntN(65536))), ptr(r.Int64N(1<<uint(1+r.IntN(40)))), ptr(int64(1751356740+i))
			row.Action, row.LogStatus = ptr([]string{"ACCEPT", "REJECT"}[r.IntN(2)]), "OK"
		}
		rows = append(rows, row)
		b.WriteString(row.line())
	}
	return rows, b.String()
}

func written[T any](t interface{ Fatal(...any) }, rows []T, options ...parquet.WriterOption) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// variants are the ways in which a table can be written.
func variants() map[string][]parquet.WriterOption {
	out := map[string][]parquet.WriterOption{}
	for _, codec := range []struct {
		name string
		opt  parquet.WriterOption
	}{
		{"none", parquet.Compression(&parquet.Uncompressed)}, {"snappy", parquet.Compression(&parquet.Snappy)},
		{"gzip", parquet.Compression(&parquet.Gzip)}, {"zstd", parquet.Compression(&parquet.Zstd)},
	} {
		for _, version := range []int{1, 2} {
			out[fmt.Sprintf("%s v%d", codec.name, version)] = []parquet.WriterOption{codec.opt, parquet.DataPageVersion(version), parquet.PageBufferSize(2000), parquet.MaxRowsPerRowGroup(1500)}
		}
	}
	return out
}

func TestAParquetFlowLogIsReadAsText(t *testing.T) {
	rows, want := flowRows(4000, 1)
	var d Decoder
	for name, options := range variants() {
		t.Run(name, func(t *testing.T) {
			file := written(t, rows, options...)
			got, err := decoded(t, &d, file)
			if err != nil || got != want {
				t.Fatalf("%v, %d bytes of %d, differing from %s", err, len(got), len(want), differing(got, want))
			}
			if !d.stream.Rows() {
				t.Error("its lines are not said to be rows")
			}
		})
	}
}

func differing(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%d: %.80q and %.80q", i, a[i:], b[i:])
}

// anyRow has a column of every kind.
type anyRow struct {
	B      bool       `parquet:"b"`
	OB     *bool      `parquet:"ob,optional"`
	I32    int32      `parquet:"i32,delta"`
	U32    uint32     `parquet:"u32"`
	I64    int64      `parquet:"i64,dict"`
	U64    uint64     `parquet:"u64,delta"`
	F32    float32    `parquet:"f32"`
	F64    *float64   `parquet:"f64,optional,dict"`
	S      string     `parquet:"s,delta"`
	T      string     `parquet:"t,delta"`
	D      string     `parquet:"d,dict"`
	Raw    []byte     `parquet:"raw"`
	Fixed  [5]byte    `parquet:"fixed"`
	ID     [16]byte   `parquet:"id,uuid"`
	When   time.Time  `parquet:"when,timestamp(microsecond)"`
	Milli  *time.Time `parquet:"milli,optional,timestamp(millisecond)"`
	Day    int32      `parquet:"day,date"`
	Nested struct {
		X *int32 `parquet:"x,optional"`
		Y struct {
			Z string `parquet:"z"`
		} `parquet:"y"`
	} `parquet:"nested"`
	Maybe *struct {
		P string `parquet:"p"`
	} `parquet:"maybe,optional"`
	Last int64 `parquet:"last,decimal(2:10)"`
}

func (r anyRow) document() map[string]any {
	number := func(v any) json.Number { return json.Number(fmt.Sprint(v)) }
	opt := func(v any) any {
		if reflect.ValueOf(v).IsNil() {
			return nil
		}
		return reflect.ValueOf(v).Elem().Interface()
	}
	maybe := map[string]any{"p": nil}
	if r.Maybe != nil {
		maybe["p"] = r.Maybe.P
	}
	when := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	var milli, x, f64 any
	if r.Milli != nil {
		milli = when(*r.Milli)
	}
	if r.Nested.X != nil {
		x = number(*r.Nested.X)
	}
	if r.F64 != nil {
		f64 = *r.F64
	}
	sign, cents := "", r.Last
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return map[string]any{
		"b": r.B, "ob": opt(r.OB), "i32": number(r.I32), "u32": number(r.U32), "i64": number(r.I64), "u64": number(r.U64),
		"f32": float64(r.F32), "f64": f64, "s": r.S, "t": r.T, "d": r.D, "raw": string(r.Raw), "fixed": fmt.Sprintf("%x", r.Fixed[:]),
		"id":   fmt.Sprintf("%x-%x-%x-%x-%x", r.ID[:4], r.ID[4:6], r.ID[6:8], r.ID[8:10], r.ID[10:]),
		"when": when(r.When), "milli": milli, "day": time.Unix(int64(r.Day)*86400, 0).UTC().Format(time.DateOnly),
		"nested": map[string]any{"x": x, "y": map[string]any{"z": r.Nested.Y.Z}}, "maybe": maybe,
		"last": json.Number(fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)),
	}
}

func drawRow(t *rapid.T) (r anyRow) {
	word := rapid.SampledFrom([]string{"", "a", "abc", "abcd", "with \"quotes\"", "ünï", "line\nend", strings.Repeat("long ", 300)})
	r.B, r.I32, r.U32 = rapid.Bool().Draw(t, "b"), rapid.Int32().Draw(t, "i32"), rapid.Uint32().Draw(t, "u32")
	r.I64, r.U64 = rapid.Int64().Draw(t, "i64"), rapid.Uint64().Draw(t, "u64")
	r.F32 = rapid.SampledFrom([]float32{0, 1, -1.5, 1e20, 3.1415927}).Draw(t, "f32")
	r.S, r.T, r.D, r.Raw = word.Draw(t, "s"), word.Draw(t, "t"), word.Draw(t, "d"), []byte(word.Draw(t, "raw"))
	copy(r.Fixed[:], word.Draw(t, "fixed"))
	copy(r.ID[:], word.Draw(t, "id"))
	r.When = time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "when")).UTC()
	r.Day = rapid.Int32Range(0, 40000).Draw(t, "day")
	r.Nested.Y.Z, r.Last = word.Draw(t, "z"), rapid.Int64Range(-1e9, 1e9).Draw(t, "last")
	if rapid.Bool().Draw(t, "there") {
		r.OB, r.F64, r.Milli = ptr(true), ptr(2.5), ptr(time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "milli")).UTC())
	}
	if rapid.Bool().Draw(t, "x") {
		r.Nested.X = ptr(int32(-7))
	}
	if rapid.Bool().Draw(t, "maybe") {
		r.Maybe = &struct {
			P string `parquet:"p"`
		}{word.Draw(t, "p")}
	}
	return r
}

// What another program writes, this one reads: all kinds of values, in all the
// ways to write them.
func TestAnyTableIsReadAsJSON(t *testing.T) {
	all := variants()
	var d Decoder
	rapid.Check(t, func(t *rapid.T) {
		var rows []anyRow
		for range rapid.IntRange(1, 40).Draw(t, "rows") {
			r := drawRow(t)
			for range rapid.SampledFrom([]int{1, 1, 3, 70}).Draw(t, "times") {
				rows = append(rows, r)
			}
		}
		name := rapid.SampledFrom([]string{"none v1", "none v2", "snappy v1", "snappy v2", "gzip v1", "zstd v2"}).Draw(t, "variant")
		file := written(t, rows, all[name]...)
		s, err := d.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(s)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(out, []byte("\n"))
		if len(lines) != len(rows)+1 {
			t.Fatalf("%d lines of %d rows", len(lines)-1, len(rows))
		}
		for i, row := range rows {
			dec := json.NewDecoder(bytes.NewReader(lines[i]))
			dec.UseNumber()
			var got map[string]any
			if err := dec.Decode(&got); err != nil {
				t.Fatalf("%v in %s", err, lines[i])
			}
			for key, want := range row.document() {
				if n, ok := got[key].(json.Number); ok {
					if f, isFloat := want.(float64); isFloat {
						if g, err := n.Float64(); err == nil && (g == f || float32(g) == float32(f)) {
							continue
						}
					}
				}
				if !reflect.DeepEqual(got[key], want) {
					t.Fatalf("row %d: %s is %#v, not %#v", i, key, got[key], want)
				}
			}
		}
	})
}

func TestMomentsOfAFlowAreSeconds(t *testing.T) {
	type row struct {
		SrcAddr string    `parquet:"srcaddr"`
		DstAddr string    `parquet:"dst_addr"`
		Dst     string    `parquet:"pkt_dstaddr"`
		Port    float64   `parquet:"srcport"`
		NaN     float64   `parquet:"dstport"`
		Start   time.Time `parquet:"start,timestamp(millisecond)"`
		End     int64     `parquet:"end,delta"`
		Tag     string    `parquet:"instance_tag"`
	}
	zero := 0.0
	file := written(t, []row{{"10.0.0.1", "", "10.0.0.2", 443, zero / zero, time.UnixMilli(1751356800999), 1751356859, "two words"}})
	var d Decoder
	got, err := decoded(t, &d, file)
	const want = "srcaddr dst-addr pkt-dstaddr srcport dstport start end instance-tag\n10.0.0.1 - 10.0.0.2 443 - 1751356800 1751356859 two%20words\n"
	if got != want || err != nil {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestWhatIsNotReadIsSaid(t *testing.T) {
	rows, _ := flowRows(100, 1)
	file := written(t, rows)
	cut := func(n int) []byte { return file[:n] }
	type list struct {
		Items []string `parquet:"items,list"`
	}
	footer := bytes.Clone(file)
	binary.LittleEndian.PutUint32(footer[len(footer)-8:], 1<<31-1)
	for reason, body := range map[string][]byte{
		"does not end as one":                 cut(len(file) - 10),
		"too few for one":                     []byte("PAR1PAR1"),
		"are said to be of 2147483647 bytes":  footer,
		"is a list, which is not read":        written(t, []list{{[]string{"a"}}}),
		"compressed with BROTLI":              written(t, rows, parquet.Compression(&parquet.Brotli)),
		"does not end as one; it may be cut ": append([]byte("PAR1"), make([]byte, 100)...),
	} {
		var d Decoder
		_, err := decoded(t, &d, body)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(corrupt.Reason, reason) {
			t.Errorf("%v, not %q", err, reason)
		}
	}
	var d Decoder
	s, err := d.Open(io.MultiReader(bytes.NewReader(file)), -1)
	if err == nil {
		_, err = io.ReadAll(s)
	}
	if err == nil || !strings.Contains(err.Error(), "only be read from a file") {
		t.Error(err)
	}
}

type failingAt struct {
	*bytes.Reader
	after int
	err   error
}

func (f *failingAt) ReadAt(b []byte, at int64) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return f.Reader.ReadAt(b, at)
}

func TestABodyThatFailsIsNoBrokenTable(t *testing.T) {
	rows, _ := flowRows(3000, 1)
	file := written(t, rows, parquet.PageBufferSize(1000))
	broken := errors.New("no such disk")
	var d Decoder
	for _, after := range []int{0, 1, 2, 3, 10, 30} {
		s, err := d.Open(&failingAt{bytes.NewReader(file), after, broken}, int64(len(file)))
		if err == nil {
			_, err = io.Copy(io.Discard, s)
		}
		if !errors.Is(err, broken) {
			t.Errorf("failing after %d reads: %v", after, err)
		}
	}
}

// Of thousands of damaged files none panics, none takes more memory than a file
// may, and all that is read of them before the damage is lines.
func TestDamagedTablesStayWithinBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var d Decoder
	files := [][]byte{}
	rows, _ := flowRows(300, 2)
	for _, options := range variants() {
		files = append(files, written(t, rows, options...))
	}
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	damaged := 0
	var before, after runtime.MemStats
	for round := range rounds {
		file := bytes.Clone(files[round%len(files)])
		for range 1 + r.IntN(3) {
			at := r.IntN(len(file))
			if r.IntN(2) == 0 { // the metadata are where it hurts
				at = len(file) - 1 - r.IntN(min(len(file), 3000))
			}
			switch r.IntN(3) {
			case 0:
				file[at] ^= 1 << r.IntN(8)
			case 1:
				file[at] = byte(r.IntN(256))
			default:
				file[at] = 0xFF
			}
		}
		runtime.ReadMemStats(&before)
		_, err := decoded(t, &d, file)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 3*maxPages {
			t.Fatalf("round %d: %d MiB allocated", round, got>>20)
		}
		var corrupt *CorruptError
		if err != nil && !errors.As(err, &corrupt) {
			t.Fatalf("round %d: %v", round, err)
		}
		if err != nil {
			damaged++
		}
	}
	if damaged < rounds/4 {
		t.Errorf("only %d of %d files were found to be damaged", damaged, rounds)
	}
}

func FuzzParquet(f *testing.F) {
	rows, _ := flowRows(20, 2)
	for _, options := range variants() {
		f.Add(written(f, rows, options...))
	}
	f.Add(written(f, []anyRow{{}}))
	f.Fuzz(func(t *testing.T, file []byte) {
		var d Decoder
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := d.Open(bytes.NewReader(file), int64(len(file)))
		if err == nil && s.Kind() == Parquet {
			_, err = io.Copy(io.Discard, s)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 3*maxPages {
			t.Fatalf("%d MiB allocated for a file of %d bytes", got>>20, len(file))
		}
		var corrupt *CorruptError
		if err != nil && !errors.As(err, &corrupt) {
			t.Fatal(err)
		}
	})
}

func TestCorpusTablesAreRead(t *testing.T) {
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "security-lake-inputs", "VPC_FLOW", "*.parquet"))
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	var d Decoder
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decoded(t, &d, body)
		lines := strings.Split(got, "\n")
		if err != nil || len(lines) != 3 || len(strings.Fields(lines[0])) != len(strings.Fields(lines[1])) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		t.Log(got)
	}
}
