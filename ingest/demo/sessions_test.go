package demo

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestSessionsLeaveAllOtherFilesAsTheyAre: with transcripts a folder holds more,
// and what it held without them to the byte.
func TestSessionsLeaveAllOtherFilesAsTheyAre(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		opts := WriteOptions{Size: 1e6, Seed: 42, Quiet: quiet}
		without := writeInMemory(t, opts)
		opts.Sessions = true
		with := writeInMemory(t, opts)
		for name, body := range without.files {
			if !bytes.Equal(with.files[name], body) {
				t.Fatalf("%s is not as it was", name)
			}
		}
		more := 0
		for name, body := range with.files {
			if without.files[name] != nil || strings.HasPrefix(name, "session-logs/") {
				continue
			}
			if more++; !bytes.Contains(body, []byte(`"eventName":"StartSession"`)) && !bytes.Contains(body, []byte(`"eventName":"TerminateSession"`)) {
				t.Errorf("%s holds no session: %.200s", name, body)
			}
		}
		if more == 0 || len(with.Story) <= len(without.Story) {
			t.Errorf("%d files more, %d beats instead of %d", more, len(with.Story), len(without.Story))
		}
	}
}

var sessionID = regexp.MustCompile(`"sessionId":"([^"]+)","tokenValue"`)

// TestEachSessionLeavesATranscriptButTheOneOfTheStory: named by the session, from
// its begin to its end.
func TestEachSessionLeavesATranscriptButTheOneOfTheStory(t *testing.T) {
	w := writeInMemory(t, WriteOptions{Size: 15e6, Seed: 3, Sessions: true})
	transcripts, opened, missing := 0, 0, []string{}
	for name, body := range w.files {
		if strings.HasPrefix(name, "session-logs/") {
			transcripts++
			if !bytes.HasPrefix(body, []byte("Script started on 2026-11-05 ")) || !bytes.Contains(body, []byte("\nScript done on 2026-11-0")) {
				t.Errorf("%s is no transcript: %q", name, body)
			}
			continue
		}
		for _, m := range sessionID.FindAllSubmatch(body, -1) {
			opened++
			part := strings.Split(strings.TrimPrefix(name, "AWSLogs/"), "/")
			if w.files["session-logs/"+part[1]+"/"+part[3]+"/"+string(m[1])+".log"] == nil {
				missing = append(missing, string(m[1]))
			}
		}
	}
	if len(missing) != 1 || !strings.HasPrefix(missing[0], "jonas.w@") {
		t.Errorf("no transcript of %v, want one of Jonas's alone", missing)
	}
	if opened < 4 || transcripts != opened-1 {
		t.Errorf("%d sessions, %d transcripts", opened, transcripts)
	}
}
