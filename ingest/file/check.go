package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// mostDenied is how many files that cannot be read are named.
const mostDenied = 5

// check looks whether there is something to read and whether it may be read. A
// pattern that matches nothing yet is well where files are waited for, if the
// folder is there.
func check(_ context.Context, _ plugin.Env, o Options) error {
	var errs []error
	denied := 0
	for _, p := range o.Paths {
		_, skipped, err := List([]string{p})
		base, _ := doublestar.SplitPattern(filepath.ToSlash(p))
		if _, e := os.Stat(base); e == nil && o.Follow && hasMeta(p) {
			err = nil
		}
		errs = append(errs, err)
		for _, s := range skipped {
			if !s.Failed {
				continue
			}
			if denied++; denied <= mostDenied {
				errs = append(errs, fmt.Errorf("%s: %s", s.Path, s.Reason))
			}
		}
	}
	if denied > mostDenied {
		errs = append(errs, fmt.Errorf("%d more cannot be read", denied-mostDenied))
	}
	return errors.Join(errs...)
}
