package setup

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/apt"
)

func TestEverybodyMayLookAtTheServicesOfRootAndNobodyIntoThoseOfHermes(t *testing.T) {
	clause.Proves(t, "REC-01", "TOOL-14")
	c := newContainer(t)
	for _, slot := range []string{apt.Slot, "derived", "main-hermes"} {
		c.dir("run/s6-rc/servicedirs/" + slot)
	}
	given := c.path("run/s6-rc/servicedirs/main-hermes/supervise")
	if err := errors.Join(os.Mkdir(given, 0o710), os.Chown(given, 10000, 10000)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var out, errs bytes.Buffer
		if code := Perms(t.Context(), Env{Stdout: &out, Stderr: &errs, Root: c.root}); code != 0 || errs.Len() > 0 {
			t.Fatalf("code %d: %s", code, &errs)
		}
		if got := out.String(); got != "[supervise-perms] chowned supervise/ trees for static s6-rc services\n" {
			t.Errorf("printed %q", got)
		}
		for _, slot := range []string{apt.Slot, "derived"} {
			c.is("run/s6-rc/servicedirs/"+slot+"/supervise", 0, 0o755)
			if _, err := os.Stat(c.path("run/s6-rc/servicedirs/" + slot + "/event")); err == nil {
				t.Errorf("hermes may subscribe to the events of %s", slot)
			}
		}
		c.is("run/s6-rc/servicedirs/main-hermes/supervise", 10000, 0o710)
	}
}
