package env

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestANameInTheWrongCaseIsFound(t *testing.T) {
	clause.Proves(t, "ENV-11")
	t.Parallel()
	e := Environ{
		"HERMES_DASHBOARD=1", "hermes_dashboard=1", "Hermes_UID=7", "puid=1", "s6_verbosity=5", "gateway_multiplex_profiles=1",
		"hermes_dashboard=2", "http_proxy=x", "hermes=1", "puid2=1", "gateway_other=1", "PATH=/bin", "no equals sign",
	}
	want := []string{"hermes_dashboard", "Hermes_UID", "puid", "s6_verbosity", "gateway_multiplex_profiles"}
	if diff := cmp.Diff(want, e.Miscased()); diff != "" {
		t.Error(diff)
	}
}
