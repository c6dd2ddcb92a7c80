package doctor

import (
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/identity"
)

func TestWhetherHermesMayPing(t *testing.T) {
	clause.Proves(t, "RUN-13")
	hermes := identity.Account{GID: 10000, Groups: []uint32{44}}
	for groups, want := range map[string]bool{
		"0\t2147483647\n": true,
		"1\t0\n":          false, // the kernel's own default: nobody
		"0\t0\n":          false,
		"44\t44\n":        true, // a supplementary group counts
		"10000\t10000\n":  true,
		"10001 20000":     false,
		"":                true,
		"rubbish":         true,
	} {
		if got := mayPing(groups, hermes); got != want {
			t.Errorf("mayPing(%q) = %v", groups, got)
		}
	}
}
