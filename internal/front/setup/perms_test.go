package setup

import (
	"bytes"
	"io/fs"
	"os"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/apt"
)

func TestHermesMayCommandTheServicesOfTheImage(t *testing.T) {
	c := newContainer(t)
	for _, slot := range []string{"main-hermes", "dashboard"} {
		c.dir("run/s6-rc/servicedirs/" + slot)
	}
	c.dir("run/s6-rc/servicedirs/dashboard/supervise")
	for range 2 {
		var out, errs bytes.Buffer
		if code := Perms(t.Context(), Env{Stdout: &out, Stderr: &errs, Root: c.root}); code != 0 || errs.Len() > 0 {
			t.Fatalf("code %d: %s", code, &errs)
		}
		clause.Proves(t, "REC-01")
		if got := out.String(); got != "[supervise-perms] chowned supervise/ trees for static s6-rc services\n" {
			t.Errorf("said %q", got)
		}
		for _, slot := range []string{"main-hermes", "dashboard"} {
			c.is("run/s6-rc/servicedirs/"+slot+"/supervise", 10000, 0o710)
			c.is("run/s6-rc/servicedirs/"+slot+"/supervise/control", 10000, 0o660)
			c.is("run/s6-rc/servicedirs/"+slot+"/event", 10000, 0o730)
			info, err := os.Stat(c.path("run/s6-rc/servicedirs/" + slot + "/event"))
			if err != nil || info.Mode()&(fs.ModeSetgid|fs.ModeSticky) != fs.ModeSetgid|fs.ModeSticky {
				t.Errorf("event: %v, %v", info.Mode(), err)
			}
		}
	}
}

func TestHermesMayOnlyLookAtTheHelperThatRunsAsRoot(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	c := newContainer(t)
	for _, slot := range []string{apt.Slot, "dashboard"} {
		c.dir("run/s6-rc/servicedirs/" + slot)
	}
	var out bytes.Buffer
	if code := Perms(t.Context(), Env{Stdout: &out, Stderr: &out, Root: c.root}); code != 0 {
		t.Fatalf("code %d: %s", code, &out)
	}
	if os.Geteuid() != 0 {
		return // then no slot runs as root
	}
	c.is("run/s6-rc/servicedirs/"+apt.Slot+"/supervise", 0, 0o755)
	if _, err := os.Stat(c.path("run/s6-rc/servicedirs/" + apt.Slot + "/event")); err == nil {
		t.Error("hermes may subscribe to its events")
	}
}
