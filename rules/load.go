package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/burstwatch/burstwatch/rules/builtin"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Builtin is the spec that names our own pack.
const Builtin = "builtin"

// maxFile bounds a rule file; SigmaHQ's largest has 40 KiB.
const maxFile = 64 << 20

// Pack is what was loaded, in the order of the specs and within a folder by
// path.
type Pack struct {
	Rules   []*sigma.Rule
	Filters []*sigma.Filter
	Refused []Refusal
}

// Refusal is a document that was not loaded, and why.
type Refusal = sigma.Refusal

// Load reads rules. A spec is "builtin", a file, or a folder, of which every
// .yml and .yaml file is read, however deep. What cannot be loaded is refused
// and named in the pack; an error means that a spec is none, and beside it the
// pack has nothing but what was refused.
func Load(specs []string) (*Pack, error) { return loadPack(specs, false) }

// LoadToJudge is Load without the cases of the builtin pack, which a program that
// only judges does not need: it takes a third of the time.
func LoadToJudge(specs []string) (*Pack, error) { return loadPack(specs, true) }

func loadPack(specs []string, toJudge bool) (*Pack, error) {
	var files []source
	var errs []error
	for _, spec := range specs {
		found, err := list(spec)
		if err != nil {
			errs = append(errs, fmt.Errorf("rules %s: %w", spec, err))
		}
		for i := range found {
			found[i].uncased = toJudge && spec == Builtin
		}
		files = append(files, found...)
	}
	docs := join(parseAll(files))
	if len(errs) > 0 { // what rules refer to may be where nothing could be read
		return &Pack{Refused: docs.Refused}, errors.Join(errs...)
	}
	sigma.Link(&docs, borrow(specs))
	return &Pack{docs.Rules, docs.Filters, docs.Refused}, nil
}

// borrow returns what finds rules of the builtin pack for correlations and
// filters that name them, where the pack itself was not asked for; nil where it
// was.
func borrow(specs []string) func(name string) []*sigma.Rule {
	if slices.Contains(specs, Builtin) {
		return nil
	}
	pack := sync.OnceValue(func() *sigma.Documents {
		files, err := list(Builtin)
		if err != nil {
			return &sigma.Documents{} // compiled in: it can be listed
		}
		docs := join(parseAll(files))
		return &docs
	})
	return func(name string) (out []*sigma.Rule) {
		for _, r := range pack().Rules {
			if r.ID == name || r.Name == name {
				out = append(out, r)
			}
		}
		return out
	}
}

// source is one file to read.
type source struct {
	fs   fs.FS
	name string // inside fs
	show string // for people
	spec string // that it was found for
	// uncased has the cases of rules passed over.
	uncased bool
}

// list finds the files that a spec means.
func list(spec string) ([]source, error) {
	if spec == Builtin {
		return walk(builtin.Files, Builtin)
	}
	info, err := os.Stat(spec)
	if err != nil {
		return nil, reason(err)
	}
	if info.IsDir() {
		return walk(os.DirFS(spec), spec)
	}
	dir, name := filepath.Split(spec)
	if dir == "" {
		dir = "."
	}
	return []source{{fs: os.DirFS(dir), name: name, show: spec, spec: spec}}, nil
}

// reason is the cause without the path, which the caller has named.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// walk lists the rule files of a folder. A file that cannot be read is listed
// too, and refused later; so is a folder that cannot be listed.
func walk(fsys fs.FS, spec string) ([]source, error) {
	const root = "."
	var out []source
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == root:
			return reason(err)
		case err != nil:
			out = append(out, source{fs: fsys, name: p, show: path.Join(spec, p), spec: spec})
			return fs.SkipDir
		case d.IsDir() && p != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && isRuleFile(d.Name()):
			out = append(out, source{fs: fsys, name: p, show: path.Join(spec, p), spec: spec})
		}
		return nil
	})
	return out, err
}

func isRuleFile(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return (ext == ".yml" || ext == ".yaml") && !strings.HasPrefix(name, ".")
}

// parseAll reads the files side by side.
func parseAll(files []source) []sigma.Documents {
	out := make([]sigma.Documents, len(files))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for i := range next {
				out[i] = files[i].parse()
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func (s source) parse() sigma.Documents {
	f, err := s.fs.Open(s.name)
	if err != nil {
		return s.refuse(reason(err).Error())
	}
	defer f.Close() //nolint:errcheck // it was only read
	if info, err := f.Stat(); err == nil && info.Size() > maxFile {
		return s.refuse(fmt.Sprintf("the file is larger than %d MiB", maxFile>>20))
	}
	src, err := fs.ReadFile(s.fs, s.name)
	if err != nil {
		return s.refuse(reason(err).Error())
	}
	if s.uncased {
		src = sigma.WithoutCases(src)
	}
	docs := sigma.Parse(s.show, src)
	for _, r := range docs.Rules {
		r.Spec = s.spec
	}
	return docs
}

func (s source) refuse(why string) sigma.Documents {
	return sigma.Documents{Refused: []Refusal{{File: s.show, Line: 1, Column: 1, Reason: why, Faults: []sigma.Fault{{Reason: why}}}}}
}

// join keeps the first rule of every id and refuses the others: two rules of
// one id would write the same alerts.
func join(files []sigma.Documents) sigma.Documents {
	var out sigma.Documents
	ids := map[string]*sigma.Rule{}
	for _, f := range files {
		out.Refused = append(out.Refused, f.Refused...)
		out.Filters = append(out.Filters, f.Filters...)
		for _, r := range f.Rules {
			if first := ids[r.ID]; first != nil {
				out.Refused = append(out.Refused, Refusal{
					File: r.File, Line: r.Line, Column: 1, ID: r.ID, Title: r.Title,
					Reason: fmt.Sprintf("id %s is that of %q in %s already", r.ID, first.Title, first.File),
				})
				continue
			}
			ids[r.ID] = r
			out.Rules = append(out.Rules, r)
		}
	}
	return out
}

// Rule finds a rule by its id or name, nil if there is none.
func (p *Pack) Rule(id string) *sigma.Rule {
	for _, r := range p.Rules {
		if r.ID == id || r.Name != "" && r.Name == id {
			return r
		}
	}
	return nil
}
