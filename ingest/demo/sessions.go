package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/dice"
)

// session is one session of Session Manager that leaves a transcript.
type session struct {
	id, account, region, host string
	begin, end                time.Time
	// shown are lines as one reads them; those with a prompt ("$ ") were typed.
	shown []string
}

// Sessions of daily work are this long.
const (
	shortest = 2
	longest  = 25 * time.Minute
)

// saw looks for sessions that daily work opens: each leaves a transcript. The
// story's records, which have an ID, are its own business.
func (w *world) saw(r *cloudtrail.Record) {
	if r.Name != "StartSession" || r.ErrorCode != "" || r.ID != "" {
		return
	}
	id, host := cut(r.Response, `"sessionId":"`), cut(r.Request, `"target":"`)
	d := dice.New(w.seed, "session", id)
	one := &session{id: id, account: r.Account, region: r.Region, host: host, begin: r.Time}
	one.end = one.begin.Add(time.Duration(d.Between(shortest, int(longest/time.Minute))) * time.Minute)
	for range d.Between(1, 4) {
		one.shown = append(one.shown, dice.Pick(d, chores)...)
	}
	w.opened = append(w.opened, one)
}

// cut is what stands in quotes behind a text.
func cut(s, behind string) string {
	_, s, _ = strings.Cut(s, behind)
	s, _, _ = strings.Cut(s, `"`)
	return s
}

// chores are what people do on a render node all day.
var chores = [][]string{
	{"$ uptime", " 14:02:11 up 3:41,  0 users,  load average: 63.90, 63.71, 62.08"},
	{"$ df -h /mnt/cache | tail -1", "/dev/nvme1n1    838G  512G  327G  62% /mnt/cache"},
	{"$ nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader", "97 %"},
	{"$ tail -1 /var/log/Thinkbox/Deadline10/deadlineworker.log", "Info: Rendering frame 1042, 71% done"},
	{"$ sudo systemctl restart deadline10launcher"},
	{"$ ls /mnt/assets/char | head -3", "courier_01", "courier_02", "courier_03"},
	{"$ grep -c ERROR /var/log/render/wrapper.log", "0"},
	{"$ free -g | sed -n 2p", "Mem:            246         201          12           1          32          44"},
}

// story is the story of a world.
func (w *world) story() []Beat {
	if w.sessions {
		return Story()
	}
	return without(Story(), Sessions)
}

// sessionSeries are the transcripts as Session Manager writes them to a bucket:
// one object a session, plain, at the session's end.
type sessionSeries struct {
	world   *world
	streams []cloudtrail.Stream
	bundle  cloudtrail.Bundle
}

func newSessionSeries(w *world) *sessionSeries {
	return &sessionSeries{world: w, streams: cloudtrail.Streams(w.studio)}
}

func (t *sessionSeries) dataset() string { return Sessions }

// late: a transcript comes at the end of its session and tells of the begin.
func (t *sessionSeries) late() time.Duration { return longest }

func (t *sessionSeries) places() (all []place) {
	for _, s := range t.streams {
		all = append(all, place{s.Account.ID, s.Region, ""})
	}
	return all
}

func (t *sessionSeries) weight(int, time.Time) int64 { return 1 }

func (t *sessionSeries) fill(n int, win window, _ int64, sc *script, emit func(object) error) (int64, error) {
	s := t.streams[n]
	if err := t.trail(s, win, sc, emit); err != nil {
		return 0, err
	}
	for _, from := range []*[]*session{&t.world.opened, &sc.sessions} {
		for _, one := range take(from, func(x *session) bool {
			return x.account == s.Account.ID && x.region == s.Region && (due(x.end, win) || win.To.Equal(t.world.ends))
		}) {
			body := one.transcript()
			key := fmt.Sprintf("session-logs/%s/%s/%s.log", one.account, one.region, one.id)
			if err := emit(object{Sessions, one.account, one.region, key, body, strings.Count(string(body), "\n")}); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil // sessions take nothing of what was asked for
}

// trail writes the records of the story's sessions, in files of their own.
func (t *sessionSeries) trail(s cloudtrail.Stream, win window, sc *script, emit func(object) error) error {
	t.bundle.Reset()
	d := diceOf(t.world.seed, "sessions "+s.Account.ID+s.Region, win.From)
	for _, r := range sc.dueAside(s, win) {
		t.bundle.Add(r, d)
	}
	const apart = 100 // no other file of the window has such a number
	return t.bundle.Files(largest, func(body []byte, records int) error {
		return emit(object{Trail, s.Account.ID, s.Region, cloudtrail.Key(s, win.To, t.world.seed, apart), body, records})
	})
}

// transcript is what script(1) made of the session, with the codes that a
// terminal was sent. Lines end as a pseudo-terminal's do in newer agents.
func (x *session) transcript() []byte {
	const layout, end = "2006-01-02 15:04:05-0700", "\r\r\n"
	var b strings.Builder
	fmt.Fprintf(&b, "Script started on %s [TERM=\"xterm-256color\" TTY=\"/dev/pts/0\" COLUMNS=\"120\" LINES=\"30\"]\n", x.begin.Format(layout))
	for _, line := range x.shown {
		if typed, ok := strings.CutPrefix(line, "$ "); ok {
			line = "\x1b[?2004hsh-5.1$ " + typed + end + "\x1b[?2004l\r"
			b.WriteString(line)
			continue
		}
		b.WriteString(line + end)
	}
	fmt.Fprintf(&b, "\x1b[?2004hsh-5.1$ exit%s\x1b[?2004l\rexit%s\nScript done on %s [COMMAND_EXIT_CODE=\"0\"]\n", end, end, x.end.Format(layout))
	return []byte(b.String())
}
