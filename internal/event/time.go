package event

import (
	"encoding/binary"
	"time"
)

// AppendTime appends a moment, in nanoseconds since 1970 UTC, as RFC 3339 in
// UTC, with as many digits of a second as it has. Arithmetic instead of
// time.Format, which costs more than all of a flow log's other fields.
func AppendTime(dst []byte, ns int64) []byte {
	sec, frac := ns/1e9, ns%1e9
	if frac < 0 {
		sec, frac = sec-1, frac+1e9
	}
	day, rest := sec/86400, sec%86400
	if rest < 0 {
		day, rest = day-1, rest+86400
	}
	y, m, d := civil(day)
	if y < 0 || y > 9999 {
		return time.Unix(sec, frac).UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	dst = append2(append2(dst, y/100), y%100)
	dst = append2(append(dst, '-'), m)
	dst = append2(append(dst, '-'), d)
	dst = append2(append(dst, 'T'), int(rest/3600))
	dst = append2(append(dst, ':'), int(rest/60%60))
	dst = append2(append(dst, ':'), int(rest%60))
	if frac != 0 {
		dst = appendFraction(dst, frac)
	}
	return append(dst, 'Z')
}

func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

func appendFraction(dst []byte, ns int64) []byte {
	dst = append(dst, '.')
	for unit := int64(1e8); ns > 0; unit /= 10 {
		dst = append(dst, byte('0'+ns/unit))
		ns %= unit
	}
	return dst
}

// civil is the Gregorian date of a day counted from 1970-01-01 (the algorithm
// of H. Hinnant's "chrono-compatible low-level date algorithms").
func civil(day int64) (y, m, d int) {
	day += 719468
	era := day / 146097
	if day < 0 {
		era = (day - 146096) / 146097
	}
	doe := day - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = int(doy - (153*mp+2)/5 + 1)
	m = int(mp + 3)
	if m > 12 {
		m -= 12
	}
	y = int(yoe + era*400)
	if m <= 2 {
		y++
	}
	return y, m, d
}

// days counts from 1970-01-01 to a Gregorian date, the inverse of civil.
func days(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

// ParseTime reads an RFC 3339 time, with Z or an offset, as nanoseconds since
// 1970 UTC. Arithmetic instead of time.Parse for the form that AWS writes; the
// rare others go to time.Parse.
func ParseTime(s []byte) (int64, bool) {
	if len(s) == len("2006-01-02T15:04:05Z") {
		if ns, ok := parseCanonical((*[20]byte)(s)); ok {
			return ns, true
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// parseCanonical reads 2006-01-02T15:04:05Z, eight characters at a time. It
// leaves the days from the 29th on to those who know the lengths of months.
func parseCanonical(s *[20]byte) (int64, bool) {
	const (
		dateMarks, dateZeros   = 0x2D00002D00000000, 0x0030300030303030 // 0000-00-
		clockMarks, clockZeros = 0x00003A0000540000, 0x3030003030003030 // 00T00:00
		dateDigits             = 0x00FFFF00FFFFFFFF
		clockDigits            = 0xFFFF00FFFF00FFFF
	)
	date := binary.LittleEndian.Uint64(s[0:]) ^ (dateMarks | dateZeros)
	clock := binary.LittleEndian.Uint64(s[8:]) ^ (clockMarks | clockZeros)
	end := binary.LittleEndian.Uint32(s[16:]) ^ (':' | '0'<<8 | '0'<<16 | 'Z'<<24)
	// What is left is the digits' values, and nothing where a mark stood.
	if date&^dateDigits|clock&^clockDigits|uint64(end&0xFF0000FF) != 0 ||
		(date|(date+0x06*dateDigits/0xFF))&0xF0F0F0F0F0F0F0F0 != 0 || (clock|(clock+0x06*clockDigits/0xFF))&0xF0F0F0F0F0F0F0F0 != 0 ||
		(end|(end+0x00060600))&0xF0F0F0F0 != 0 {
		return 0, false
	}
	at := func(x uint64, k int) int { return int(x>>(8*k)&0xFF)*10 + int(x>>(8*k+8)&0xFF) }
	y, m, d := at(date, 0)*100+at(date, 2), at(date, 5), at(clock, 0)
	h, min, sec := at(clock, 3), at(clock, 6), at(uint64(end), 1)
	if m < 1 || m > 12 || d < 1 || d > 28 || h > 23 || min > 59 || sec > 59 || y < 1970 || y > 2261 {
		return 0, false
	}
	return (days(y, m, d)*86400 + int64(h*3600+min*60+sec)) * 1e9, true
}
