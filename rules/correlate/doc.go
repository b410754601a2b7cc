// Package correlate judges Sigma correlations, as rules of package detect.
//
// # Notes
//
// A correlation makes one note for each match of each of the rules over single
// events that it rests on, however deep in a chain ([New] numbers these
// "bases"). The note holds the time of the event, which base it is, and the
// values of the fields that something in the chain counts by or looks at. So a
// chain of correlations is judged as a whole over the notes of its bases, and
// the cases of the upper one are a function of one set of notes like those of
// any other rule.
//
// Notes are grouped by those names of the uppermost group-by that mean the same
// field for every correlation of the chain; what else is counted by is told
// apart when judging. Usually these are all names. A chain whose correlations
// have no field in common is judged as one group.
//
// An event without a value for a name of group-by takes no part: "the values of
// fields defined in group-by must all have the same value", and what is not
// there is the same as nothing. One with several values (an array) takes part in
// the group of each. Values are compared as text, exactly.
//
// # Windows
//
// A window ends at the time of a match and reaches back by the timespan, both
// ends included; matches of the same nanosecond are in it together. It is
// fulfilled if the condition holds for what is in it:
//
//   - event_count: how many events; one that two of the rules match is one event.
//   - value_count: how many different values of the field, or combinations of
//     values of several.
//   - value_sum, value_avg: exact sum and mean of the numbers in the field, of
//     text that is a number too.
//   - value_percentile: "the percentage of observed data". For the match at the
//     window's end: of a number the share of numbers in the window that are not
//     greater (its percentile rank: the median has 50), of a text the share of
//     values that are the same text (the specification's example is a process
//     name that makes up at most 1 % of all). With "percentile: P" it is the
//     number at that percentile instead, between two of them in proportion.
//     Nothing is estimated. Events without the field (for sums and means, without
//     a number in it) are not looked at.
//   - temporal: how many of the rules matched, or the condition in words.
//   - temporal_ordered: the length of the longest sequence of matches whose rules
//     stand in the order of the document, each rule once. Matches of the same
//     time are in order either way, and one event that two rules match stands
//     for both. With a condition in words: whether the rules that it names
//     without "not" matched in that order, some choice of them that suffices.
//
// "not" looks at the same window, so back in time alone: a rule over what does
// not follow is no correlation but a detector.
//
// # Cases
//
// A bucket is as long as the timespan, but an hour at least. All windows of one
// group that end in one bucket and are fulfilled are one case, however they
// overlap; its Time is the end of the first of them. Its evidence is every match
// in any of these windows, some of which may lie before the bucket; Count is how
// many events that is, First and Last are when the first and the last of them
// happened. About is the last, which fulfilled the window. What goes on beyond
// the end of a bucket is a case of the next one. A case may not wait for the end
// of a row of windows, because such a row may have none.
//
// # Chains
//
// A correlation that correlates others sees an occurrence of the lower one at
// each time at which a window of it is fulfilled. Every match in such a window
// takes part, so a name of the upper group-by that the lower one does not have
// is looked up in these matches ("even if the rule many_failed_logins groups by
// the ComputerName field, the correlation rule only uses its own group-by").
// Where an upper correlation counts events, occurrences of the lower one that
// follow each other within its timespan are one.
//
// Package rules makes correlations of a pack; this one imports internal/,
// rules/detect and rules/sigma.
package correlate
