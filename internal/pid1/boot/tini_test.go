package boot

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestFlagsOfTiniAreDropped(t *testing.T) {
	clause.Proves(t, "SHIM-03")
	t.Parallel()
	for given, want := range map[string]string{
		"":                          "",
		"sh -c -x":                  "sh -c -x",
		"-g -- sh -c true":          "sh -c true",
		"-s -w -l -v -vvv cmd":      "cmd",
		"-p SIGTERM -e 143 cmd -e":  "cmd -e",
		"--subreaper --version cmd": "cmd",
		"--unknown cmd":             "cmd",
		"-- -cmd":                   "-cmd",
		"-p":                        "",
		"-h":                        "",
		"cmd -- -g":                 "cmd -- -g",
	} {
		if got := strings.Join(command(strings.Fields(given)), " "); got != want {
			t.Errorf("%q gives %q, want %q", given, got, want)
		}
	}
}
