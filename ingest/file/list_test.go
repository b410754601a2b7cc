package file

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/ingest"
)

// tree makes files under a new folder.
func tree(t testing.TB, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func below(t *testing.T, root string, found []Found) (names []string) {
	t.Helper()
	for _, f := range found {
		name, err := filepath.Rel(root, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if f.Size < 0 {
			t.Errorf("%s has no size", name)
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names
}

const (
	trail = "AWSLogs/o-abc123/111122223333/CloudTrail/eu-west-1/2026/11/06/111122223333_CloudTrail_eu-west-1_20261106T0940Z_xYz.json.gz"
	flow  = "AWSLogs/444455556666/vpcflowlogs/us-east-1/2026/11/06/444455556666_vpcflowlogs_us-east-1_fl-0a_20261106T0935Z_12ab.log.gz"
	hive  = "AWSLogs/aws-account-id=777788889999/aws-service=vpcflowlogs/aws-region=eu-west-2/year=2026/month=11/day=05/x_20261105T2300Z_1.log.gz"
)

func TestFilesAreListedInTheOrderOfTheirTimes(t *testing.T) {
	root := tree(t, "z.log", trail, flow, hive, "a/b/c.ndjson", "UPPER.JSON", "noending")
	found, skipped, err := List([]string{root})
	want := []string{hive, flow, trail, "UPPER.JSON", "a/b/c.ndjson", "noending", "z.log"}
	if got := below(t, root, found); !slices.Equal(got, want) || len(skipped) > 0 || err != nil {
		t.Errorf("found %q, skipped %v, %v", got, skipped, err)
	}
}

func TestWhatIsNoLogIsSkippedWithAReason(t *testing.T) {
	root := tree(t, "app.log", ".hidden/x.log", ".DS_Store", "studio.yaml", "README.md")
	if err := os.Symlink("app.log", filepath.Join(root, "link.log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(root, "circle")); err != nil {
		t.Fatal(err)
	}
	found, skipped, err := List([]string{root})
	if got := below(t, root, found); !slices.Equal(got, []string{"app.log"}) || err != nil {
		t.Errorf("found %q, %v", got, err)
	}
	reasons := map[string]string{
		".hidden": "hidden", ".DS_Store": "hidden", "studio.yaml": "no log", "README.md": "no log",
		"circle": "a link to a folder", "link.log": "the same file as",
	}
	for _, s := range skipped {
		name, _ := filepath.Rel(root, s.Path)
		if want := reasons[name]; want == "" || !strings.Contains(s.Reason, want) || s.Failed {
			t.Errorf("%s skipped: %+v", name, s)
		}
		delete(reasons, name)
	}
	if len(reasons) > 0 {
		t.Errorf("not skipped: %v", reasons)
	}
}

func TestWhatIsNamedIsReadWhateverItsName(t *testing.T) {
	root := tree(t, "log.yaml", ".hidden")
	found, _, err := List([]string{filepath.Join(root, "log.yaml"), filepath.Join(root, ".hidden"), "-"})
	if len(found) != 3 || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestPatternsAreListed(t *testing.T) {
	root := tree(t, "a/x.log", "a/b/y.log", "a/b/c/z.log", "a/b/z.txt", "b/x.gz")
	for pattern, want := range map[string][]string{
		"**/*.log":         {"a/b/c/z.log", "a/b/y.log", "a/x.log"},
		"a/*/*.{log,txt}":  {"a/b/y.log", "a/b/z.txt"},
		"{a/b,b}/*":        {"a/b/y.log", "a/b/z.txt", "b/x.gz"},
		"a/[xy].log":       {"a/x.log"},
		"**/b/**/z*":       {"a/b/c/z.log", "a/b/z.txt"},
		"b/x.g?":           {"b/x.gz"},
		"a/x.log":          {"a/x.log"},
		"a/b/../b/./y.log": {"a/b/y.log"},
	} {
		found, _, err := List([]string{root + "/" + pattern})
		for i := range found {
			found[i].Path = filepath.Clean(found[i].Path)
		}
		if got := below(t, root, found); !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: found %q, %v", pattern, got, err)
		}
	}
	for _, missing := range []string{"nothing/*.log", "nothing"} {
		if _, _, err := List([]string{filepath.Join(root, missing)}); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", missing, err)
		}
	}
}

func TestOriginsTellAccountAndRegion(t *testing.T) {
	for path, want := range map[string]string{"logs/" + trail: "111122223333 eu-west-1", hive: "777788889999 eu-west-2", "var/log/messages": " "} {
		o := origin(path, "local", nil)
		if got := o.Account + " " + o.Region; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestAFileHasTheSameIDsHoweverItIsRead(t *testing.T) {
	root := tree(t)
	text := strings.Repeat("a line of a log\n", 1000)
	plain, packed := filepath.Join(root, "log"), filepath.Join(root, "log.gz")
	if err := os.WriteFile(plain, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(packed, gz(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(plain)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	fromPipe, pipe := io.Pipe()
	go func() { _, _ = io.WriteString(pipe, text); _ = pipe.Close() }()
	want := ""
	for name, open := range map[string]func() (string, []byte, error){
		"plain":  func() (string, []byte, error) { return read(Open(plain, "s")) },
		"packed": func() (string, []byte, error) { return read(Open(packed, "s")) },
		"shell":  func() (string, []byte, error) { return read(Stdin(in, "s"), nil) },
		"pipe":   func() (string, []byte, error) { return read(Stdin(fromPipe, "s"), nil) },
	} {
		body, id, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if name != "packed" && body != text {
			t.Errorf("%s: %d bytes of %d", name, len(body), len(text))
		}
		if want == "" {
			want = string(id)
		}
		if string(id) != want {
			t.Errorf("%s has another identity", name)
		}
	}
}

// read reads an object to its end.
func read(o *ingest.Object, err error) (body string, id []byte, _ error) {
	if err != nil {
		return "", nil, err
	}
	defer o.Body.Close()
	b, err := io.ReadAll(o.Body)
	return string(b), o.Origin.Identity, err
}

func TestStdinOfNothing(t *testing.T) {
	body, id, err := read(Stdin(strings.NewReader(""), "s"), nil)
	if body != "" || len(id) == 0 || err != nil {
		t.Errorf("%q, %x, %v", body, id, err)
	}
}
