//go:build docker

package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/verify/report"
	"caduceus/tests/docker/verifier"
)

// TestNoHostileImageHolds runs hermes-verify on images that lie, flood, fork, end and kill. Within its limits it says what
// it could not see, nothing of theirs reaches the terminal or a report as it is, and nothing stays on the engine.
func TestNoHostileImageHolds(t *testing.T) {
	t.Parallel()
	engine.OnceForBoth(t, "hermes-verify is the same")
	const limit = 20 * time.Second // of a check
	program := verifier.Program(t)
	for _, name := range names(t, 7, "hostile") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := expected(t, filepath.Join(derived, name))
			image := verifier.Build(t, &engine, name)
			began := time.Now()
			o := verifier.Run(t, &engine, program, image, "--check", strings.Join(e.selected, ","), "--check-timeout", limit.String(),
				"--junit", "junit.xml", "--sarif", "report.sarif")
			if took, most := time.Since(began), 10*limit; took > most {
				t.Errorf("it took %s, more than %s", took, most)
			}
			want := report.CodeNotProved
			if o.Report.Verdict.Broken > 0 {
				want = report.CodeBroken
			}
			if o.Code != want {
				t.Errorf("exit code %d, want %d", o.Code, want)
			}
			t.Log(o.Report.Line())
			e.compare(t, o)
			for _, file := range []string{"report.json", "junit.xml", "report.sarif"} {
				text, err := os.ReadFile(filepath.Join(o.Dir, file))
				if err != nil {
					t.Error(err)
				}
				o.Out += string(text)
			}
			if strings.ContainsAny(o.Out, "\x1b\x07") {
				t.Errorf("control characters of the image reached the terminal or a report:\n%q", o.Out)
			}
			nothingLeft(t, image)
		})
	}
}
