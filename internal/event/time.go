package event

import "time"

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
	if len(s) == 20 && s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':' && s[19] == 'Z' {
		y, ok1 := num(s[0:4])
		mo, ok2 := num(s[5:7])
		d, ok3 := num(s[8:10])
		h, ok4 := num(s[11:13])
		mi, ok5 := num(s[14:16])
		sec, ok6 := num(s[17:19])
		if ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && mo >= 1 && mo <= 12 && d >= 1 && d <= 28 && h < 24 && mi < 60 && sec < 60 && y >= 1970 && y < 2262 {
			return (days(y, mo, d)*86400 + int64(h*3600+mi*60+sec)) * 1e9, true
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

func num(s []byte) (int, bool) {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
