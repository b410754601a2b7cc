package decode

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"github.com/burstwatch/burstwatch/internal/event"
)

// isFlowLog tells a flow log by its addresses, whatever else it has.
func isFlowLog(columns []*column) bool {
	var from, to bool
	for _, c := range columns {
		switch flowName(c) {
		case "srcaddr", "pkt-srcaddr":
			from = true
		case "dstaddr", "pkt-dstaddr":
			to = true
		}
	}
	return from && to
}

// flowName is the column's name as a text flow log has it.
func flowName(c *column) string {
	return strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(c.name))
}

// header is the first line of a flow log.
func (t *table) header() []byte {
	var b []byte
	for i, c := range t.columns {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, flowName(c)...)
	}
	return append(b, '\n')
}

// row appends the next row as a line.
func (t *table) row(b []byte) ([]byte, error) {
	var v value
	var open []string
	begin := len(b)
	if !t.flow {
		b = append(b, '{')
	}
	for i, c := range t.columns {
		v.b = nil
		there, err := c.next(&v)
		if err != nil {
			return b, err
		}
		if there && len(v.b) > maxValue || len(b)-begin > maxRow {
			return b, c.damaged("%v, or the row of more than %d", errTooLong, maxRow)
		}
		if t.flow {
			if i > 0 {
				b = append(b, ' ')
			}
			b = c.appendWord(b, &v, there)
			continue
		}
		b = appendKeys(b, open, c.path, i == 0)
		open = c.path[:len(c.path)-1]
		b = c.appendJSON(b, &v, there)
	}
	if !t.flow {
		for range open {
			b = append(b, '}')
		}
		b = append(b, '}')
	}
	return append(b, '\n'), nil
}

// appendKeys closes the objects that are open and not of path, and opens those
// of path.
func appendKeys(b []byte, open, path []string, first bool) []byte {
	same := 0
	for same < len(open) && same < len(path)-1 && open[same] == path[same] {
		same++
	}
	for range open[same:] {
		b = append(b, '}')
	}
	if !first {
		b = append(b, ',')
	}
	for i, key := range path[same:] {
		if i > 0 {
			b = append(b, '{')
		}
		b = append(b, '"')
		b = event.AppendEscaped(b, []byte(key))
		b = append(b, '"', ':')
	}
	return b
}

// appendWord appends a value as a column of a text flow log: one word, whatever
// is in it, - for null. Moments of a flow are seconds.
func (c *column) appendWord(b []byte, v *value, there bool) []byte {
	if !there || (c.kind == format.Float || c.kind == format.Double) && (math.IsNaN(v.f) || math.IsInf(v.f, 0)) {
		return append(b, '-')
	}
	if c.style.kind == moment || c.kind == format.Int96 {
		return strconv.AppendInt(b, floorDiv(c.moment(v), 1e9), 10)
	}
	if c.kind != format.ByteArray || c.style.kind != asIs {
		return c.appendScalar(b, v)
	}
	if len(v.b) == 0 {
		return append(b, '-')
	}
	for _, ch := range v.b {
		if ch <= ' ' || ch == 0x7f {
			b = append(b, '%', "0123456789ABCDEF"[ch>>4], "0123456789ABCDEF"[ch&15])
			continue
		}
		b = append(b, ch)
	}
	return b
}

func floorDiv(n, by int64) int64 {
	if n < 0 && n%by != 0 {
		return n/by - 1
	}
	return n / by
}

// appendJSON appends a value as JSON.
func (c *column) appendJSON(b []byte, v *value, there bool) []byte {
	isFloat := c.kind == format.Float || c.kind == format.Double
	if !there || isFloat && (math.IsNaN(v.f) || math.IsInf(v.f, 0)) {
		return append(b, "null"...)
	}
	bare := isFloat || c.kind == format.Boolean || c.style.kind == decimal ||
		(c.kind == format.Int32 || c.kind == format.Int64) && c.style.kind != moment && c.style.kind != date
	if bare {
		return c.appendScalar(b, v)
	}
	b = append(b, '"')
	switch {
	case c.style.kind == moment || c.kind == format.Int96:
		b = event.AppendTime(b, c.moment(v))
	case c.kind == format.ByteArray:
		b = event.AppendEscaped(b, v.b)
	default:
		b = c.appendScalar(b, v)
	}
	return append(b, '"')
}

// appendScalar appends what needs no escaping.
func (c *column) appendScalar(b []byte, v *value) []byte {
	switch c.kind {
	case format.Boolean:
		return strconv.AppendBool(b, v.n != 0)
	case format.Float, format.Double:
		if v.f == math.Trunc(v.f) && math.Abs(v.f) < 1<<53 {
			return strconv.AppendInt(b, int64(v.f), 10)
		}
		return strconv.AppendFloat(b, v.f, 'g', -1, 64)
	case format.Int32, format.Int64:
		switch c.style.kind {
		case date:
			return time.Unix(v.n*86400, 0).UTC().AppendFormat(b, time.DateOnly)
		case decimal:
			return appendDecimal(b, big.NewInt(v.n), c.style.scale)
		case unsigned:
			if c.kind == format.Int32 {
				return strconv.AppendUint(b, uint64(uint32(v.n)), 10)
			}
			return strconv.AppendUint(b, uint64(v.n), 10)
		}
		return strconv.AppendInt(b, v.n, 10)
	}
	switch {
	case c.style.kind == decimal:
		return appendDecimal(b, bigOf(v.b), c.style.scale)
	case c.style.kind == uuid && len(v.b) == 16:
		for i, part := range [][]byte{v.b[:4], v.b[4:6], v.b[6:8], v.b[8:10], v.b[10:]} {
			if i > 0 {
				b = append(b, '-')
			}
			b = hex.AppendEncode(b, part)
		}
		return b
	}
	return hex.AppendEncode(b, v.b)
}
