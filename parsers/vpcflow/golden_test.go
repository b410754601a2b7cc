package vpcflow

import (
	"flag"
	"testing"

	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestGoldens(t *testing.T) { parsertest.Goldens(t, Spec(), *update) }
