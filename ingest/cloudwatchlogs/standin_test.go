package cloudwatchlogs

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// service is CloudWatch Logs of one account and region as its API reference has
// it, strictly: moto neither merges streams by time nor pages by size.
type service struct {
	account, region string

	mu     sync.Mutex
	rng    *rand.Rand
	groups map[string]map[string]*logStream
	tokens map[string]token
	ids    int
	calls  map[string]int
	// fault is asked before each request, nil: none.
	fault func(operation string) error
	// pageBytes and pageEvents bound a page; AWS: 1 MB and 10,000.
	pageBytes, pageEvents int
}

type logStream struct {
	made   int64
	events []logged
	// told is what DescribeLogStreams says, which lags behind.
	told      types.LogStream
	toldSince int64
}

// logged is an event that was put: its time, when it was taken in, and from when on it is
// shown.
type logged struct {
	id, stream, message string
	at, taken, shown    int64
}

// token is where a search goes on.
type token struct {
	query   string
	after   *logged
	expires int64
}

func newService(account string, rng *rand.Rand) *service {
	return &service{account: account, region: "eu-west-1", rng: rng, groups: map[string]map[string]*logStream{}, tokens: map[string]token{},
		calls: map[string]int{}, pageBytes: 1 << 20, pageEvents: 10_000}
}

func ms(t time.Time) int64 { return t.UnixMilli() }

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: sdkaws.String(fmt.Sprintf(format, args...))}
}

// put takes an event in, to be shown after a while. It refuses what PutLogEvents
// refuses.
func (s *service) put(group, stream, message string, at time.Time, hidden time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if at.Before(now.Add(-14*24*time.Hour)) || at.After(now.Add(2*time.Hour)) {
		panic("PutLogEvents would refuse it")
	}
	if s.groups[group] == nil {
		s.groups[group] = map[string]*logStream{}
	}
	l := s.groups[group][stream]
	if l == nil {
		l = &logStream{made: ms(now)}
		s.groups[group][stream] = l
	}
	s.ids++
	id := fmt.Sprintf("%056d", s.ids)
	l.events = append(l.events, logged{id: id, stream: stream, message: message, at: ms(at), taken: ms(now), shown: ms(now.Add(hidden))})
	return id
}

func (s *service) begin(operation string) error {
	s.calls[operation]++
	if s.fault == nil {
		return nil
	}
	return s.fault(operation)
}

func (s *service) group(name, identifier *string) (map[string]*logStream, error) {
	if (name == nil) == (identifier == nil) {
		return nil, invalid("one of logGroupName and logGroupIdentifier, not both")
	}
	n := sdkaws.ToString(name)
	if identifier != nil {
		m := groupARN.FindStringSubmatch(*identifier)
		if m == nil || strings.HasSuffix(*identifier, "*") {
			return nil, invalid("logGroupIdentifier %s", *identifier)
		}
		n = m[3]
	}
	g := s.groups[n]
	if g == nil {
		return nil, &types.ResourceNotFoundException{Message: sdkaws.String("The specified log group does not exist.")}
	}
	return g, nil
}

// FilterLogEvents answers in the order of time, taking in and id; its token goes
// on behind the last event of the page, whatever came before it meanwhile.
func (s *service) FilterLogEvents(_ context.Context, in *sdk.FilterLogEventsInput, _ ...func(*sdk.Options)) (*sdk.FilterLogEventsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin("FilterLogEvents"); err != nil {
		return nil, err
	}
	g, err := s.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	most := s.pageEvents
	if in.Limit != nil {
		most = int(*in.Limit)
	}
	query := fmt.Sprint(sdkaws.ToString(in.LogGroupName), sdkaws.ToString(in.LogGroupIdentifier), in.LogStreamNames, sdkaws.ToString(in.LogStreamNamePrefix),
		sdkaws.ToInt64(in.StartTime), sdkaws.ToInt64(in.EndTime))
	switch {
	case len(in.LogStreamNames) > 100 || len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil, most < 1 || most > 10_000,
		in.EndTime != nil && *in.EndTime < sdkaws.ToInt64(in.StartTime):
		return nil, invalid("the search")
	}
	var after *logged
	if in.NextToken != nil {
		t, ok := s.tokens[*in.NextToken]
		if !ok || t.query != query || t.expires < ms(time.Now()) {
			return nil, invalid("The specified nextToken is invalid.")
		}
		after = t.after
	}
	return s.page(s.matching(g, in), after, query, most), nil
}

func (s *service) matching(g map[string]*logStream, in *sdk.FilterLogEventsInput) (list []logged) {
	for name, l := range g {
		if len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, name) || !strings.HasPrefix(name, sdkaws.ToString(in.LogStreamNamePrefix)) {
			continue
		}
		for _, e := range l.events {
			if e.shown <= ms(time.Now()) && e.at >= sdkaws.ToInt64(in.StartTime) && (in.EndTime == nil || e.at <= *in.EndTime) {
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, inOrder)
	return list
}

func inOrder(a, b logged) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.taken, b.taken), cmp.Compare(a.id, b.id))
}

// page fills one page. It may leave it empty, or not full, though there is more.
func (s *service) page(list []logged, after *logged, query string, most int) *sdk.FilterLogEventsOutput {
	out := &sdk.FilterLogEventsOutput{}
	i := 0
	for after != nil && i < len(list) && inOrder(list[i], *after) <= 0 {
		i++
	}
	if s.rng.IntN(4) == 0 {
		most = s.rng.IntN(min(most, 20) + 1)
	}
	for size := 0; i < len(list) && len(out.Events) < most; i++ {
		e := list[i]
		if size += len(e.message) + 26; size > s.pageBytes && len(out.Events) > 0 {
			break
		}
		out.Events = append(out.Events, types.FilteredLogEvent{EventId: &e.id, LogStreamName: &e.stream, Message: &e.message, Timestamp: &e.at, IngestionTime: &e.taken})
		after = &e
	}
	if i < len(list) || s.rng.IntN(5) == 0 {
		name := fmt.Sprint("token-", len(s.tokens))
		s.tokens[name] = token{query, after, ms(time.Now().Add(24 * time.Hour))}
		out.NextToken = &name
	}
	return out
}

// DescribeLogStreams is behind with what it says, by up to an hour.
func (s *service) DescribeLogStreams(_ context.Context, in *sdk.DescribeLogStreamsInput, _ ...func(*sdk.Options)) (*sdk.DescribeLogStreamsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin("DescribeLogStreams"); err != nil {
		return nil, err
	}
	g, err := s.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if in.OrderBy != types.OrderByLastEventTime || in.LogStreamNamePrefix != nil || !sdkaws.ToBool(in.Descending) {
		return nil, invalid("not tried here")
	}
	list := make([]types.LogStream, 0, len(g))
	for name, l := range g {
		list = append(list, l.tell(name, s.rng))
	}
	slices.SortFunc(list, func(a, b types.LogStream) int {
		return cmp.Or(-cmp.Compare(sdkaws.ToInt64(a.LastEventTimestamp), sdkaws.ToInt64(b.LastEventTimestamp)), cmp.Compare(*a.LogStreamName, *b.LogStreamName))
	})
	from, to := 0, min(len(list), 50)
	if in.NextToken != nil {
		if _, err := fmt.Sscan(*in.NextToken, &from); err != nil || from > len(list) {
			return nil, invalid("The specified nextToken is invalid.")
		}
		to = min(len(list), from+50)
	}
	out := &sdk.DescribeLogStreamsOutput{LogStreams: list[from:to]}
	if to < len(list) {
		out.NextToken = sdkaws.String(fmt.Sprint(to))
	}
	return out, nil
}

// tell is what is said of a stream: now, or for up to an hour what was said before.
func (l *logStream) tell(name string, rng *rand.Rand) types.LogStream {
	if now := ms(time.Now()); l.toldSince == 0 || now-l.toldSince > rng.Int64N(time.Hour.Milliseconds()) {
		l.toldSince = now
		l.told = types.LogStream{LogStreamName: &name, CreationTime: &l.made}
		for i := range l.events {
			e := &l.events[i]
			l.told.LastEventTimestamp = sdkaws.Int64(max(sdkaws.ToInt64(l.told.LastEventTimestamp), e.at))
			l.told.LastIngestionTime = sdkaws.Int64(max(sdkaws.ToInt64(l.told.LastIngestionTime), e.taken))
		}
	}
	return l.told
}

// DescribeLogGroups gives 50 at a time.
func (s *service) DescribeLogGroups(_ context.Context, in *sdk.DescribeLogGroupsInput, _ ...func(*sdk.Options)) (*sdk.DescribeLogGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin("DescribeLogGroups"); err != nil {
		return nil, err
	}
	var names []string
	for name := range s.groups {
		if strings.HasPrefix(name, sdkaws.ToString(in.LogGroupNamePrefix)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	from := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &from)
	}
	out := &sdk.DescribeLogGroupsOutput{}
	for _, name := range names[from:min(len(names), from+50)] {
		arn := "arn:aws:logs:" + s.region + ":" + s.account + ":log-group:" + name
		out.LogGroups = append(out.LogGroups, types.LogGroup{LogGroupName: sdkaws.String(name), LogGroupArn: &arn, Arn: sdkaws.String(arn + ":*")})
	}
	if from+50 < len(names) {
		out.NextToken = sdkaws.String(fmt.Sprint(from + 50))
	}
	return out, nil
}
