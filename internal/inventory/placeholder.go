package inventory

// Placeholder gives the values of a name that a rule expands: those of the
// placeholders part, or one of the names that the rest of the file implies (see
// implied). false means that the file has no values for it.
func (s *Studio) Placeholder(name string) ([]string, bool) {
	if s == nil {
		return nil, false
	}
	if v, ok := s.Placeholders[name]; ok {
		return v, true
	}
	of, ok := implied[name]
	if !ok {
		return nil, false
	}
	out := of(s)
	return out, len(out) > 0
}
