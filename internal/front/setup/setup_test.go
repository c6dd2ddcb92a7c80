package setup

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestTheFirstBootFillsTheVolume(t *testing.T) {
	c := newContainer(t)
	out := c.run()
	want := "[stage2] Skills: python skills_sync.py uid 10000 HOME /opt/data\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	clause.Proves(t, "SETUP-19", "SETUP-20")
	c.is("opt/data/.env", 10000, 0o600)
	c.is("opt/data/config.yaml", 10000, 0o640)
	c.is("opt/data/SOUL.md", 10000, 0o644)
	if diff := cmp.Diff("# settings\n_config_version: 33\n", c.read("opt/data/config.yaml")); diff != "" {
		t.Error(diff)
	}
	clause.Proves(t, "SETUP-18")
	for _, dir := range append(ownedTrees(), "backups", "logs/gateways") {
		if dir == "profiles" {
			if _, err := os.Stat(c.data(dir)); err == nil {
				t.Error("profiles was created")
			}
			continue
		}
		c.is("opt/data/"+dir, 10000, 0)
	}
	clause.Proves(t, "ENV-13")
	if target, err := os.Readlink(c.data(".local/bin/hermes")); err != nil || target != "/opt/hermes/bin/hermes" {
		t.Errorf("link to %q, %v", target, err)
	}
	c.is("opt/data/.local/state/hermes/gateway-locks", 10000, 0)
	clause.Proves(t, "SETUP-28")
	if _, err := os.Stat(c.data("gateway_state.json")); err == nil {
		t.Error("a gateway state was written")
	}
}

func TestASecondRunPrintsAndChangesNothing(t *testing.T) {
	clause.Proves(t, "SETUP-01")
	c := newContainer(t)
	c.run("HERMES_UID=4000", "HERMES_GID=4001")
	before := snapshot(t, c.root)
	if out := c.run("HERMES_UID=4000", "HERMES_GID=4001"); out != "" {
		t.Errorf("said %q", out)
	}
	if diff := cmp.Diff(before, snapshot(t, c.root)); diff != "" {
		t.Error(diff)
	}
}

func TestMissingParentsOfHomeAreCreatedForRoot(t *testing.T) {
	clause.Proves(t, "ENV-08")
	c := newContainer(t)
	c.run("HERMES_HOME=/srv/a/b")
	c.is("srv", 0, 0o755)
	c.is("srv/a", 0, 0o755)
	c.is("srv/a/b", 10000, 0o755)
	c.is("srv/a/b/.env", 10000, 0o600)
}

func TestImpossibleHomeIsReplaced(t *testing.T) {
	clause.Proves(t, "ENV-11")
	c := newContainer(t)
	c.expect(c.run("HERMES_HOME=data"), `HERMES_HOME="data"`, "/opt/data")
	c.is("opt/data/.env", 10000, 0o600)
}

func TestAVolumeThatCannotBeWrittenIsOneWarning(t *testing.T) {
	clause.Proves(t, "SETUP-17")
	c := newContainer(t)
	c.readOnly("opt/data")
	out := c.run()
	c.expect(out, "[stage2] Warning: /opt/data: it is mounted read-only: ", "; fix: ")
	if n := strings.Count(out, "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, out)
	}
}

func TestAMissingAccountIsAnError(t *testing.T) {
	var out, errs bytes.Buffer
	if code := Run(t.Context(), Env{Stdout: &out, Stderr: &errs, Root: t.TempDir()}); code != 1 {
		t.Errorf("code %d", code)
	}
	if !regexp.MustCompile(`(?m)^\[stage2\] ERROR: cannot read account file ".*passwd"`).MatchString(errs.String()) {
		t.Errorf("said %q", &errs)
	}
}
