package file

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// op is one thing that happens to the logs, or to their reader.
type op struct {
	Do, Log string
	Lines   int
	Half    int // of a last line, how many bytes are written at first
	Pause   time.Duration
}

func (o op) String() string {
	switch o.Do {
	case "write":
		return fmt.Sprintf("write %d+%d to %s; ", o.Lines, o.Half, o.Log)
	case "pass", "crash":
		return fmt.Sprintf("%s %v; ", o.Do, o.Pause)
	case "restart":
		return "restart; "
	}
	return o.Do + " " + o.Log + "; "
}

func script(t *rapid.T) []op {
	kinds := []string{"write", "write", "write", "pass", "pass", "rotate", "copy and truncate", "compress", "crash", "restart"}
	pauses := []time.Duration{time.Millisecond, 200 * time.Millisecond, 1500 * time.Millisecond, 6 * time.Second, 40 * time.Second, 100 * time.Second}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) op {
		return op{
			Do:    rapid.SampledFrom(kinds).Draw(t, "do"),
			Log:   rapid.SampledFrom([]string{"a.log", "b.log"}).Draw(t, "log"),
			Lines: rapid.IntRange(0, 30).Draw(t, "lines"),
			Half:  max(0, rapid.IntRange(-20, 20).Draw(t, "half")),
			Pause: rapid.SampledFrom(pauses).Draw(t, "pause"),
		}
	}), 1, 30).Draw(t, "script")
}

// logs is a model of what programs do to their logs.
type logs struct {
	*station
	written map[string]bool // whole lines
	halves  map[string]string
	since   map[string]time.Time // when a half was written
	rotated map[string]int       // how often each log was rotated
}

// line is a new line; no two begin the same, so that no two logs do.
func (l *logs) line() string {
	n := len(l.written)
	text := fmt.Sprintf("%d-%s", n, strings.Repeat("x", n*37%300))
	l.written[text] = true
	return text + "\n"
}

func (l *logs) do(o op) {
	old := fmt.Sprintf("%s.%d", o.Log, l.rotated[o.Log])
	switch o.Do {
	case "write":
		l.write(o)
	case "pass":
		l.pass(o.Pause)
	case "rotate":
		if l.exists(o.Log) {
			l.finish(o.Log)
			l.rename(o.Log, l.next(o.Log))
		}
	case "copy and truncate":
		if l.exists(o.Log) {
			l.finish(o.Log)
			l.copy(o.Log, l.next(o.Log))
			l.truncate(o.Log)
		}
	case "compress":
		if l.exists(old) {
			l.compress(old)
		}
	case "crash": // reading goes on for a while, but nobody hears of it
		l.deafen()
		l.pass(o.Pause)
		l.restart()
	case "restart":
		l.restart()
	}
}

// pass lets time pass. No program leaves a line unfinished for so long that it is
// taken for whole.
func (l *logs) pass(d time.Duration) {
	for name := range l.halves {
		if time.Since(l.since[name])+d > time.Minute {
			l.finish(name)
		}
	}
	wait(d)
}

func (l *logs) write(o op) {
	text := l.halves[o.Log]
	l.halves[o.Log] = ""
	for range o.Lines {
		text += l.line()
	}
	if o.Half > 0 {
		line := l.line()
		cut := min(o.Half, len(line)-1)
		text += line[:cut]
		l.halves[o.Log], l.since[o.Log] = line[cut:], time.Now()
	}
	l.append(o.Log, text)
}

// finish ends a line that was written by half.
func (l *logs) finish(name string) {
	if half := l.halves[name]; half != "" {
		l.append(name, half)
		l.halves[name] = ""
	}
}

func (l *logs) next(name string) string {
	l.rotated[name]++
	return fmt.Sprintf("%s.%d", name, l.rotated[name])
}

func (l *logs) exists(name string) bool {
	names, _, _ := List([]string{l.path(name)})
	return len(names) == 1
}

// TestNoLineIsLostAndEachKeepsItsID: whatever is done to the logs, each line
// comes, whole, and where it comes twice it does so under one id. Without a
// crash none comes twice.
func TestNoLineIsLostAndEachKeepsItsID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ops := script(rt)
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = follow(t, ops) })
		if len(faults) > 0 {
			rt.Fatalf("%s\n%s", ops, strings.Join(faults, "\n"))
		}
	})
}

func follow(t *testing.T, ops []op) (faults []string) {
	l := &logs{station: newStation(t, quick()), written: map[string]bool{}, halves: map[string]string{}, since: map[string]time.Time{}, rotated: map[string]int{}}
	l.start()
	crashed := false
	for _, o := range ops {
		crashed = crashed || o.Do == "crash"
		l.do(o)
	}
	l.finish("a.log")
	l.finish("b.log")
	wait(4 * time.Minute)
	l.end()
	for line := range l.written {
		if n, places := l.count(line); n == 0 || places > 1 || n > 1 && !crashed {
			faults = append(faults, fmt.Sprintf("%.10q came %d times under %d ids", line, n, places))
		}
	}
	for line := range l.lines {
		if !l.written[line] {
			faults = append(faults, fmt.Sprintf("%.40q came, which nobody wrote", line))
		}
	}
	if len(faults) > 0 {
		faults = append(faults, l.logged())
	}
	return faults
}

// TestALineThatBeginsLikeAnArchiveIsNotCutInTwo: "7" may be a line or the begin
// of a 7-Zip archive, and stood for that long enough to be taken for a whole file.
func TestALineThatBeginsLikeAnArchiveIsNotCutInTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults := follow(t, []op{
			{Do: "write", Log: "a.log", Lines: 7},
			{Do: "copy and truncate", Log: "a.log"},
			{Do: "pass", Pause: 6 * time.Second},
			{Do: "write", Log: "a.log", Half: 1},
			{Do: "pass", Pause: 46 * time.Second},
		})
		for _, f := range faults {
			t.Error(f)
		}
	})
}
