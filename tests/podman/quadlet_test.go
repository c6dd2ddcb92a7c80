//go:build docker

package podman

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

const (
	units     = "../../deploy/quadlet"
	unitImage = "${IMAGE}" // which systemd reads in the unit's EnvironmentFile
)

// generate runs the generator of Debian 13's Podman, which is newer than Quadlet itself, on a directory of units.
const generate = `(apt-get -q update && apt-get -qy install --no-install-recommends podman) >/tmp/log 2>&1 || { cat /tmp/log; exit 9; }
QUADLET_UNIT_DIRS=/units /usr/libexec/podman/quadlet -dryrun -user || exit 8
QUADLET_UNIT_DIRS=/wrong /usr/libexec/podman/quadlet -dryrun -user && exit 7
exit 0`

// Of a unit with a key that it does not know the generator makes no service.
func TestTheQuadletsContainersRun(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "POD-04")
	dir, err := filepath.Abs(units)
	if err != nil {
		t.Fatal(err)
	}
	wrong := rootful.data(t)
	if err := os.WriteFile(filepath.Join(wrong, "wrong.container"), []byte("[Container]\nImage=docker.io/x/y:z\nVolumes=/a:/b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := rootful.try(t.Context(), "run", "--rm", "--network=host", "--user=0", "--entrypoint=sh", "--volume="+dir+":/units:ro", "--volume="+wrong+":/wrong:ro", image, "-c", generate)
	warned := slices.DeleteFunc(strings.Split(r.stderr, "\n"), func(line string) bool {
		return !strings.Contains(line, "Warning") || strings.Contains(line, `the image "`+unitImage+`"`) // which names no registry before systemd has read it
	})
	if r.code != 0 || len(warned) > 0 || !strings.Contains(r.stderr, "Volumes") {
		t.Fatalf("want the units read, and the wrong one refused, got %s", r)
	}
	for unit, instance := range map[string]string{"hermes.service": "", "hermes@.service": "work"} {
		t.Run(unit, func(t *testing.T) {
			t.Parallel()
			runUnit(t, service(t, r.stdout, unit), unit, instance)
		})
	}
}

// service returns the lines that the generator printed for one service.
func service(t *testing.T, printed, unit string) []string {
	t.Helper()
	_, text, found := strings.Cut(printed, "---"+unit+"---\n")
	if !found {
		t.Fatalf("no %s in:\n%s", unit, printed)
	}
	text, _, _ = strings.Cut(text, "\n---")
	return strings.Split(text, "\n")
}

// runUnit starts what the service's ExecStart would, as the person.
func runUnit(t *testing.T, lines []string, unit, instance string) {
	t.Helper()
	e := rootless
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "ExecStart=") })
	if at < 0 {
		t.Fatalf("no ExecStart in:\n%s", strings.Join(lines, "\n"))
	}
	home := e.data(t)
	line := strings.NewReplacer("%h", home, "%t", home, "%N", strings.TrimSuffix(unit, ".service"), "%i", instance).
		Replace(strings.TrimPrefix(lines[at], "ExecStart="))
	words := strings.Fields(line)
	if len(words) < 3 || words[1] != "run" || !slices.Contains(words, unitImage) {
		t.Fatalf("want podman run of %s, got %s", unitImage, line)
	}
	var args []string
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "--cgroups=split": // of systemd's service
		case "--publish":
			i++
		case unitImage:
			args = append(args, "--network=none", image)
		default:
			args = append(args, words[i])
		}
	}
	data := filepath.Join(home, strings.TrimSuffix(".hermes-"+instance, "-"))
	if err := os.Mkdir(data, 0o755); err != nil { // as ExecStartPre does
		t.Fatal(err)
	}
	if err := os.Chown(data, int(e.person.Uid), int(e.person.Gid)); err != nil {
		t.Fatal(err)
	}
	out := strings.Fields(e.ok(t, args...))
	c := e.found(t, out[len(out)-1])
	c.up("default")
	c.healthy()
	if found := owners(t, data); len(found) != 1 || found[e.uid()] == 0 {
		t.Errorf("files by uid, of which %d is the person's: %v", e.uid(), found)
	}
	e.ok(t, "stop", c.id)
}
