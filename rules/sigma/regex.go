package sigma

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// compileRegex compiles an expression for Go's RE2, which runs in time
// linear in the text, whatever a log's writer puts there. What PCRE has
// beyond it (the specification allows none of that either) is refused.
func compileRegex(s, flags string) (*regexp.Regexp, string) {
	if flags != "" {
		s = "(?" + flags + ")" + s
	}
	re, err := regexp.Compile(s)
	if err == nil {
		return re, ""
	}
	var at *syntax.Error
	if !errors.As(err, &at) {
		return nil, "modifier |re: " + err.Error()
	}
	return nil, "modifier |re: " + regexReason(at)
}

func regexReason(e *syntax.Error) string {
	expr := e.Expr
	switch {
	case hasPrefix(expr, "(?=", "(?!", "(?<=", "(?<!"):
		return "lookahead and lookbehind (" + quote(expr) + ") are not part of Sigma's regular expressions; use a second search and not in the condition"
	case hasPrefix(expr, "(?>"), e.Code == syntax.ErrInvalidRepeatOp:
		return "atomic groups and possessive or nested quantifiers (" + quote(expr) + ") are not part of Sigma's regular expressions"
	case e.Code == syntax.ErrInvalidEscape && len(expr) > 1 && (expr[1] >= '1' && expr[1] <= '9' || expr[1] == 'k' || expr[1] == 'g'):
		return "backreferences (" + quote(expr) + ") are not part of Sigma's regular expressions"
	case e.Code == syntax.ErrInvalidRepeatSize:
		return "the repetition " + quote(expr) + " is larger than 1,000, the limit of RE2"
	}
	return e.Code.String() + ": " + quote(expr) + " (the syntax is that of RE2)"
}

func hasPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
