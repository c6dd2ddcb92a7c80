//go:build docker

package recipes

import (
	"path/filepath"
	"strings"
	"testing"
)

// Podman's own generator reads the units, from Debian's package in a container, and makes of each the
// service that systemd would start; of a unit with a key that it does not know, it makes none.
func TestPodmanTakesTheQuadlets(t *testing.T) {
	u := newUser(t)
	units, err := filepath.Abs(filepath.Join(deployDir, "quadlet"))
	if err != nil {
		t.Fatal(err)
	}
	u.write("wrong/wrong.container", "[Container]\nImage=docker.io/x/y:z\nVolumes=/a:/b\n")
	got := u.sh(`docker run --rm --user 0 --entrypoint sh -v ` + units + `:/units:ro -v ~/wrong:/wrong:ro nousresearch/hermes-agent -c '
(apt-get -q update && apt-get -qy install --no-install-recommends podman) >/tmp/log 2>&1 || { cat /tmp/log; exit 9; }
QUADLET_UNIT_DIRS=/units /usr/libexec/podman/quadlet -dryrun -user || exit 8
QUADLET_UNIT_DIRS=/wrong /usr/libexec/podman/quadlet -dryrun -user && exit 7
exit 0'`)
	if got.code != 0 {
		t.Fatalf("want the units read, and the wrong one refused (7), got %s", got)
	}
	for _, want := range []string{
		"---hermes.service---", "---hermes@.service---", "--user 0:0", "--userns keep-id:uid=10000,gid=10000", "--stop-timeout=10",
		"--health-cmd /command/hermes-health", "docker.io/" + guideImage + ":latest gateway run",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("the services lack %q:\n%s", want, got.stdout)
		}
	}
	if strings.Contains(got.stderr, "Warning") || !strings.Contains(got.stderr, "Volumes") {
		t.Errorf("want no warning, and the unknown key named:\n%s", got.stderr)
	}
}
