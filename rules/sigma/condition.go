package sigma

import (
	"fmt"
	"strconv"
	"strings"
)

// parseCondition reads a condition. Precedence, least binding first: or, and,
// not, x of, parentheses. reason says what is wrong and at which character.
func parseCondition(text string, searches []*Search) (x Expr, reason string) {
	if reason := oldSyntax(text); reason != "" {
		return nil, reason
	}
	p := &conditionParser{text: text, searches: searches}
	p.next()
	x = p.or()
	if p.reason == "" && p.token != "" {
		p.fail("%s is not expected here", quote(p.token))
	}
	return x, p.reason
}

// oldSyntax names the aggregations of Sigma 1.
func oldSyntax(text string) string {
	_, tail, found := strings.Cut(text, "|")
	if !found {
		return ""
	}
	return fmt.Sprintf("%s is the old aggregation syntax, which Sigma 2 replaced by correlation rules; without it the rule would match single events that it was never meant for", quote("|"+tail))
}

type conditionParser struct {
	text     string
	searches []*Search
	at       int // behind the token
	begin    int // of the token
	token    string
	depth    int
	reason   string
}

// maxDepth bounds parentheses, which are read by recursion.
const maxDepth = 200

func (p *conditionParser) fail(format string, args ...any) {
	if p.reason == "" {
		p.reason = fmt.Sprintf("at character %d: ", p.begin+1) + fmt.Sprintf(format, args...)
	}
	p.token, p.at = "", len(p.text)
}

// next reads a token: a parenthesis or a word.
func (p *conditionParser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	p.begin = p.at
	for p.at < len(p.text) && strings.IndexByte(identifierCharacters+"*", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == p.begin && p.at < len(p.text) {
		if c := p.text[p.at]; c != '(' && c != ')' {
			p.fail("%q has no meaning in a condition", []rune(p.text[p.at:])[0])
			return
		}
		p.at++
	}
	p.token = p.text[p.begin:p.at]
}

// is reports whether the token is the keyword, in any case.
func (p *conditionParser) is(word string) bool { return strings.EqualFold(p.token, word) }

func (p *conditionParser) or() Expr {
	out := Or{p.and()}
	for p.is("or") {
		p.next()
		out = append(out, p.and())
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

func (p *conditionParser) and() Expr {
	out := And{p.not()}
	for p.is("and") {
		p.next()
		out = append(out, p.not())
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

func (p *conditionParser) not() Expr {
	if p.depth++; p.depth > maxDepth {
		p.fail("more than %d levels deep", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.is("not") {
		p.next()
		return &Not{p.not()}
	}
	return p.primary()
}

func (p *conditionParser) primary() Expr {
	switch {
	case p.token == "":
		p.fail("a search identifier is missing")
	case p.token == "(":
		p.next()
		x := p.or()
		if p.token != ")" {
			p.fail("a closing parenthesis is missing")
		}
		p.next()
		return x
	case p.token == ")" || p.is("and") || p.is("or") || p.is("of") || p.is("them"):
		p.fail("%s is not expected here", quote(p.token))
	default:
		return p.name()
	}
	return nil
}

// name reads a search identifier or the quantifier of a selector.
func (p *conditionParser) name() Expr {
	word, begin := p.token, p.begin
	p.next()
	if p.is("of") {
		return p.of(word, begin)
	}
	for _, s := range p.searches {
		if s.Name == word {
			return s
		}
	}
	if p.reason == "" {
		p.begin = begin
		p.fail("there is no search %s%s", word, suggest(word, p.names()))
	}
	return nil
}

func (p *conditionParser) names() []string {
	var out []string
	for _, s := range p.searches {
		out = append(out, s.Name)
	}
	return out
}

// of reads "1 of selection_*", "all of them". Any number is taken, as pySigma
// takes it; "any of" is "1 of".
func (p *conditionParser) of(quantifier string, begin int) Expr {
	n, err := strconv.Atoi(quantifier)
	switch {
	case strings.EqualFold(quantifier, "all"):
		n = 0
	case strings.EqualFold(quantifier, "any"):
		n = 1
	case err != nil || n < 1:
		p.begin = begin
		p.fail("%s of: the specification knows 1 of and all of", quantifier)
		return nil
	}
	p.next()
	if p.token == "" || p.token == "(" || p.token == ")" {
		p.fail("a name or pattern of search identifiers is missing behind of")
		return nil
	}
	x := &Of{N: n, Pattern: p.token}
	for _, s := range p.searches {
		if selects(p.token, s.Name) {
			x.Searches = append(x.Searches, s)
		}
	}
	if len(x.Searches) < max(1, n) {
		p.fail("%s of %s, but %d of the searches have such a name", quantifier, p.token, len(x.Searches))
	}
	p.next()
	return x
}

// selects reports whether a selector means a search. "them" are all that don't
// begin with an underscore; a pattern that begins with one means to.
func selects(pattern, name string) bool {
	if strings.EqualFold(pattern, "them") {
		return !strings.HasPrefix(name, "_")
	}
	return wildcard(pattern, name)
}

// wildcard matches a pattern with * only.
func wildcard(pattern, s string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, pieces[0]) {
		return false
	}
	s = s[len(pieces[0]):]
	last := pieces[len(pieces)-1]
	for _, piece := range pieces[1 : len(pieces)-1] {
		i := strings.Index(s, piece)
		if i < 0 {
			return false
		}
		s = s[i+len(piece):]
	}
	return strings.HasSuffix(s, last)
}
