package redact

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plain is the redactor without its sieve, for what is suspicious.
func plain(r *Redactor) *Redactor {
	return &Redactor{filter: r.filter, ends: r.ends, keys: r.keys, patterns: r.patterns}
}

// sifters are redactors as they may be configured.
func sifters(t testing.TB) []*Redactor {
	all := []*Redactor{New(Options{}), New(Options{Keys: []string{"Österreich", "pin", "license_key"}, Patterns: []string{`studio-[0-9]+`, `(?i)magic=(\w+)`}})}
	if all[0].sieve == nil {
		t.Skip("the processor has no AVX-512 VBMI, which the sieve is made of")
	}
	return all
}

// agree holds the sieve to the filter, with the text at each place of a block.
func agree(t interface{ Fatalf(string, ...any) }, all []*Redactor, text []byte, padding byte) {
	pad := bytes.Repeat([]byte{padding}, sieveBlock+window)
	for _, r := range all {
		p := plain(r)
		for _, before := range []int{0, 1, 3, sieveBlock - len(text)%sieveBlock, len(pad)} {
			for _, after := range []int{0, 1, len(pad)} {
				b := append(append(bytes.Clone(pad[:before]), text...), pad[:after]...)
				if len(b) < sieveLeast {
					continue
				}
				if fast, slow := r.suspicious(b), p.suspicious(b); fast != slow {
					t.Fatalf("%q: sieve %t, filter %t", b, fast, slow)
				}
			}
		}
	}
}

// TestTheSieveMissesNoNeedle puts each needle, in all that its places can hold,
// at each place of texts that are just long enough, and of longer ones.
func TestTheSieveMissesNoNeedle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for _, r := range sifters(t) {
		found := *r.filter // whose needles are always worth a reading
		found.needles = nil
		for _, n := range r.filter.needles {
			n.kind, n.glance = kindPattern, nil
			found.needles = append(found.needles, n)
		}
		sure := plain(r)
		sure.filter, sure.sieve = &found, newSieve(&found)
		for _, n := range found.needles {
			for range 20 {
				var text [window]byte
				for i, set := range n.want {
					if text[i] = set[rng.IntN(len(set))]; rng.IntN(2) == 0 {
						text[i] = lower(text[i])
					}
				}
				for _, size := range []int{sieveLeast, sieveLeast + 1, 2*sieveBlock + rng.IntN(sieveBlock)} {
					for at := -1; at+window <= size; at++ {
						if at < 0 && !n.lead {
							continue
						}
						b := bytes.Repeat([]byte{'.'}, size)
						copy(b[max(at, 0):], text[max(-at, 0):])
						if !sure.sieve.suspicious(sure, b) {
							t.Fatalf("%q at %d of %d is missed", text[:], at, size)
						}
					}
				}
			}
		}
	}
}

// TestTheSieveAgreesWithTheFilter builds texts of what needles are made of.
func TestTheSieveAgreesWithTheFilter(t *testing.T) {
	all := sifters(t)
	pieces := []string{"\"", "\\", ":", "@", "://", " ", "\\u00", "=", "é", "ö", "SIG=", "-pw ", "ftp://u:p@", "7z a -p"}
	for _, n := range all[1].filter.needles {
		var s strings.Builder
		for _, set := range n.want {
			s.WriteByte(set[len(set)/2])
		}
		pieces = append(pieces, s.String(), strings.ToLower(s.String()), s.String()[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.StringMatching(`[a-z0-9":,]{0,9}`)), 1, 40).Draw(t, "text"), "")
		agree(t, all, []byte(text), rapid.SampledFrom([]byte(" .a0\"\\\xc3")).Draw(t, "padding"))
	})
}
