package decode

import (
	"encoding/binary"
	"math/big"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// style is what the values of a column mean.
type style struct {
	kind  styleKind
	unit  int64 // of a moment, in nanoseconds
	scale int   // of a decimal number
}

type styleKind uint8

const (
	asIs styleKind = iota
	moment
	date
	decimal
	unsigned
	uuid
)

func styleOf(e *format.SchemaElement) style {
	switch l := e.LogicalType.Value.(type) {
	case *format.TimestampType:
		switch l.Unit.Value.(type) {
		case *format.MilliSeconds:
			return style{kind: moment, unit: 1e6}
		case *format.MicroSeconds:
			return style{kind: moment, unit: 1e3}
		}
		return style{kind: moment, unit: 1}
	case *format.DateType:
		return style{kind: date}
	case *format.DecimalType:
		return style{kind: decimal, scale: int(l.Scale)}
	case *format.UUIDType:
		return style{kind: uuid}
	case *format.IntType:
		if !l.IsSigned {
			return style{kind: unsigned}
		}
	}
	if !e.ConvertedType.Valid {
		return style{}
	}
	switch e.ConvertedType.V {
	case deprecated.TimestampMillis:
		return style{kind: moment, unit: 1e6}
	case deprecated.TimestampMicros:
		return style{kind: moment, unit: 1e3}
	case deprecated.Date:
		return style{kind: date}
	case deprecated.Decimal:
		return style{kind: decimal, scale: int(e.Scale.V)}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return style{kind: unsigned}
	}
	return style{}
}

// moment is a value as nanoseconds since 1970. INT96 is nanoseconds of a day
// and the Julian day, of which 2,440,588 was 1970-01-01.
func (c *column) moment(v *value) int64 {
	if c.kind == format.Int96 {
		day := int64(binary.LittleEndian.Uint32(v.b[8:])) - 2440588
		return day*86400e9 + int64(binary.LittleEndian.Uint64(v.b))
	}
	return v.n * c.style.unit
}

// bigOf is a number in two's complement, the highest byte first.
func bigOf(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// appendDecimal appends n with scale digits behind the point.
func appendDecimal(b []byte, n *big.Int, scale int) []byte {
	if scale <= 0 || scale > 100 {
		return n.Append(b, 10)
	}
	if n.Sign() < 0 {
		b = append(b, '-')
		n = new(big.Int).Neg(n)
	}
	digits := n.Append(nil, 10)
	for len(digits) <= scale {
		digits = append([]byte{'0'}, digits...)
	}
	b = append(b, digits[:len(digits)-scale]...)
	b = append(b, '.')
	return append(b, digits[len(digits)-scale:]...)
}
