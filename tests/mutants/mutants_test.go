//go:build docker

package mutants

import (
	"os"
	"testing"
	"time"

	"caduceus/tests/docker/suite"
	"caduceus/tests/docker/verifier"
	"caduceus/tests/mutant"
)

// checkLimit bounds one check, its polls included.
const checkLimit = 10 * time.Minute

// parallel is how many mutants are judged side by side: a check that turns red waits most of its time.
const parallel = 4

// engine is what the tests of this binary share.
var engine suite.Suite

func TestMain(m *testing.M) {
	os.Exit(engine.Main(m, suite.Options{Open: verifier.BringProbe, Parallel: parallel})) //nolint:forbidigo // without an engine there is nothing to run
}

// TestTheMutantsFitTheSource fails within a second where the source has moved on and a mutant has to follow.
func TestTheMutantsFitTheSource(t *testing.T) {
	for _, m := range imageMutants() {
		for _, edits := range [][]mutant.Edit{m.edits, m.init} {
			if err := mutant.Fit("../..", edits); err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}
	for _, f := range verifierFaults() {
		if err := mutant.Fit("../..", []mutant.Edit{f.edit}); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}
