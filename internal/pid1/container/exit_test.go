package container

import (
	"testing"

	"caduceus/internal/clause"
)

func TestAScriptCanChangeTheExitCode(t *testing.T) {
	clause.Proves(t, "SUP-72")
	t.Parallel()
	for file, want := range map[string]int{"0\n": 0, "42\n": 42, "7 \n": 7, "255": 255, "": 9, "256\n": 9, "-1": 9, "x\n": 9} {
		if got := finalCode([]byte(file), 9); got != want {
			t.Errorf("%q: %d, want %d", file, got, want)
		}
	}
}
