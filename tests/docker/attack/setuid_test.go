//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// upgraded is a package that brings a program of the image anew, setuid.
const upgraded = `set -e
mkdir -p /tmp/p/DEBIAN /tmp/p/usr/bin
printf 'Package: passwd\nVersion: 9:9\nArchitecture: all\nEssential: no\nMaintainer: x <x@example.org>\nDescription: x\n' >/tmp/p/DEBIAN/control
cp /usr/bin/chsh /tmp/p/usr/bin/chsh; chmod 4755 /tmp/p/usr/bin/chsh
dpkg-deb --build --root-owner-group /tmp/p /tmp/p.deb >/dev/null
dpkg --force-all --install /tmp/p.deb >/dev/null 2>&1
dpkg-query -W -f '${Version}\n' passwd; stat -c %a /usr/bin/chsh`

// Red before 839b3f6: its mode is 4755.
func TestUpgradedProgramOfTheImageStaysWithoutRights(t *testing.T) {
	attack(t, "RUN-14").start(harness.Spec{}).wants(root, upgraded, 0, "9:9\n755\n")
}

// Red before 839b3f6: nothing is named, and rootid gives root.
func TestProgramsOfADerivedImageThatGiveRightsAreNamed(t *testing.T) {
	a := attack(t, "RUN-14")
	image, err := a.Subject.Derive(a.Ctx, "USER root\nRUN "+setuidProgram+" && cp /usr/bin/ls /usr/local/sbin/grouped && chmod 2755 /usr/local/sbin/grouped")
	a.Must(err)
	b := a.start(harness.Spec{Image: image})
	log, err := b.AllLogs(b.Ctx)
	b.Must(err)
	for _, want := range []string{`"/usr/local/bin/rootid" is setuid, which gives hermes nothing; HERMES_ALLOW_NEW_PRIVILEGES=1 lets it work`, `"/usr/local/sbin/grouped" is setgid`} {
		if strings.Count(log, want) != 1 {
			t.Errorf("want once %s in\n%s", want, log)
		}
	}
	allowed := a.start(harness.Spec{Image: image, Env: map[string]string{"HERMES_ALLOW_NEW_PRIVILEGES": "1"}})
	log, err = allowed.AllLogs(b.Ctx)
	b.Must(err)
	if strings.Contains(log, "rootid") {
		t.Errorf("what is allowed is named:\n%s", log)
	}
}
