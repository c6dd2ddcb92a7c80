package setup

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
)

// hold makes another container hold the volume, with a lock of this uid.
func (c *container) hold(uid int) {
	c.t.Helper()
	volume, err := held.Open(c.path("opt/data"), held.RefuseLinks)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = volume.Close() })
	claim, err := volumelock.Take(volume, 0, volumelock.Container{Hostname: "other", Mounts: "mnt:[1]"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(claim.Release)
	c.own("opt/data/"+volumelock.File, uid)
}

// broken puts things on the volume that a boot mends, migrates and seeds.
func (c *container) broken() {
	c.t.Helper()
	c.file("opt/data/config.yaml", "_config_version: 1\n", 0o666)
	c.file("opt/data/.install_method", "docker", 0o644)
	c.file("opt/data/sessions/deep", "x", 0o644)
	c.own("opt/data/sessions/deep", 0)
}

func TestABootLeavesAVolumeThatAnotherContainerHoldsAsItIs(t *testing.T) {
	clause.Proves(t, "HOLD-02", "RUN-10")
	c := newContainer(t)
	c.broken()
	c.hold(0)
	before := snapshot(t, c.path("opt/data"))
	out := c.run("API_SERVER_ENABLED=1", "HERMES_UID=10000")
	want := "[stage2] Warning: /opt/data is in use by another running container, hostname \"other\", which runs its gateways: " +
		"this boot starts none, and leaves its files as they are\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, snapshot(t, c.path("opt/data"))); diff != "" {
		t.Error(diff)
	}
}

func TestABootMendsAVolumeThatIsNotHeldByRoot(t *testing.T) {
	clause.Proves(t, "HOLD-02", "HOLD-04")
	for name, c := range map[string]struct {
		uid int
		env string
	}{"by hermes": {10000, "A=1"}, "but that is allowed": {0, "HERMES_ALLOW_SHARED_VOLUME=1"}} {
		t.Run(name, func(t *testing.T) {
			b := newContainer(t)
			b.broken()
			b.hold(c.uid)
			b.expect(b.run(c.env), "is in use by another running container", "two gateways on one volume damage")
			b.is("opt/data/sessions/deep", 10000, 0)
			if _, err := os.Stat(b.data(".install_method")); err == nil {
				t.Error("nothing was mended")
			}
		})
	}
}
