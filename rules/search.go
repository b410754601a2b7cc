package rules

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// search looks for many texts in one field at once, and files rules under
// those that they need. Looking for each text alone would cost as much as
// there are texts: the rules for Linux look for 250 in every line.
//
// It is the idea of Teddy (from Intel's Hyperscan) without vector
// instructions: of each text the three neighbouring bytes that logs hold least
// often are its mark. Texts are spread over 64 buckets; a table for each of the
// three places gives the buckets that have a byte there, so three look-ups and
// two ANDs tell at each place of the field which buckets may begin there. Only
// those are compared.
type search struct {
	field   int32
	places  [3][256]uint64
	buckets [64][]needle
	by      [][]candidate // by text
	slot    int           // of run.searched
	// lines is set for fields whose texts hardly come twice: nothing is kept.
	lines bool
}

// needle is one text that is looked for.
type needle struct {
	text string // folded
	mark int    // where its mark begins
	id   int32
}

// shortestNeedle is the length of a mark.
const shortestNeedle = 3

// manyNeedles is how many texts a field must be searched for until one search
// for all is quicker than a search for each.
const manyNeedles = 4

// search returns the numbers of the texts that the field contains, each once.
func (r *run) search(x *search) []int32 {
	state := &r.searched[x.slot]
	var hash uint64
	switch {
	case x.lines:
		return state.scan(x, r, r.folds(x.field), len(r.ids))
	default:
		raws := r.raws(x.field)
		if len(raws) != 1 {
			return state.scan(x, r, r.folds(x.field), len(r.ids))
		}
		hash = maphash.Bytes(state.seed, raws[0])
	}
	kept := &state.kept[hash%keptTexts]
	if !kept.used || kept.hash != hash {
		kept.used, kept.hash = true, hash
		kept.ids = append(kept.ids[:0], state.scan(x, r, r.folds(x.field), len(r.ids))...)
	}
	return kept.ids
}

// searchState is what a run remembers of one search. User agents, names and
// roles come again and again: what was found in the last of them is kept, by
// hash, so that most need not be searched. The hash is seeded anew in each
// process: nobody can write a text that passes for another.
type searchState struct {
	hits []uint32 // generation in which a text was found, by text
	kept [keptTexts]keptText
	seed maphash.Seed
}

// keptText is what a text, by its hash, contains.
type keptText struct {
	used bool
	hash uint64
	ids  []int32
}

const keptTexts = 512

// scan searches texts; what it finds is appended to the run's ids from there on.
func (s *searchState) scan(x *search, r *run, texts [][]byte, from int) []int32 {
	for _, text := range texts {
		for i := 0; i+2 < len(text); i++ {
			m := x.places[0][text[i]] & x.places[1][text[i+1]] & x.places[2][text[i+2]]
			for ; m != 0; m &= m - 1 {
				bucket := x.buckets[bits.TrailingZeros64(m)]
				for k := range bucket {
					if n := &bucket[k]; n.at(text, i-n.mark) && s.hits[n.id] != r.gen {
						s.hits[n.id] = r.gen
						r.ids = append(r.ids, n.id)
					}
				}
			}
		}
	}
	return r.ids[from:]
}

func (n *needle) at(text []byte, i int) bool {
	return i >= 0 && i+len(n.text) <= len(text) && string(text[i:i+len(n.text)]) == n.text
}

// searchBuilder gathers what one field is searched for.
type searchBuilder struct {
	search
	ids map[string]int32
}

func newSearchBuilder(f int32, lines bool) *searchBuilder {
	return &searchBuilder{search: search{field: f, lines: lines}, ids: map[string]int32{}}
}

func (b *searchBuilder) add(needs []string, c candidate) {
	for _, text := range needs {
		id, ok := b.ids[text]
		if !ok {
			id = int32(len(b.by))
			b.ids[text] = id
			b.by = append(b.by, nil)
		}
		b.by[id] = append(b.by[id], c)
	}
}

func (b *searchBuilder) build() search {
	texts := make([]string, len(b.by))
	for text, id := range b.ids {
		texts[id] = text
	}
	for id, text := range texts {
		n := needle{text, rarestPlace(text), int32(id)}
		// Equal marks share a bucket: they are compared together anyway.
		bucket := 0
		for i := range shortestNeedle {
			bucket = bucket*31 + int(text[n.mark+i])
		}
		bucket %= len(b.buckets)
		for i := range shortestNeedle {
			b.places[i][text[n.mark+i]] |= 1 << bucket
		}
		b.buckets[bucket] = append(b.buckets[bucket], n)
	}
	return b.search
}

// frequent are bytes of log lines in lower case, most frequent first; others
// are rarer.
const frequent = " e0t1a2rios3n-5l4c6d.9:8u7mp/\"f,_g=hbwvyk[]()xjzq"

// rarestPlace finds the three bytes of a text that logs hold least often.
func rarestPlace(text string) int {
	best, at := -1, 0
	for i := 0; i+shortestNeedle <= len(text); i++ {
		score := 0
		for _, c := range []byte(text[i : i+shortestNeedle]) {
			if rank := strings.IndexByte(frequent, c); rank >= 0 {
				score += rank
			} else {
				score += len(frequent)
			}
		}
		if score > best {
			best, at = score, i
		}
	}
	return at
}
