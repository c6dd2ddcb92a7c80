package mounts

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestThePathLiesInTheMountThatCoversIt(t *testing.T) {
	clause.Proves(t, "SETUP-35")
	const table = `21 1 0:20 / / rw - overlay overlay rw
22 21 0:21 / /opt/data rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:22 / /opt/data/my\040share rw - nfs4 host:/x rw
24 21 0:23 / /srv rw - 9p x rw
25 24 0:23 / /srv ro,noexec master:2 - ext4 /dev/sdb rw
26 21 0:24 / /mnt rw - fuse.grpcfuse grpcfuse rw
garbage
`
	for path, want := range map[string]string{
		"/opt/data": "ext4", "/opt/data/a": "ext4", "/opt/database": "overlay", "/opt/data/my share/a": "nfs4",
		"/srv/x": "ext4", "/mnt": "fuse.grpcfuse", "/": "overlay",
	} {
		m := Of(Parse(table), path)
		if m.Kind != want || m.ReadOnly != (path == "/srv/x") {
			t.Errorf("%s: got %+v, want %q", path, m, want)
		}
	}
}

func TestVolumesOfTheEngineAreKnown(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	id := strings.Repeat("0a", 32)
	for source, want := range map[string]struct {
		name      string
		anonymous bool
	}{
		"/var/lib/docker/volumes/" + id + "/_data":      {id, true},
		"/volumes/" + id + "/_data":                     {id, true}, // the engine's directory is a file system of its own
		"/var/lib/docker/volumes/mine/_data":            {"mine", false},
		"/home/me/" + id:                                {"", false},
		"/home/me/volumes/" + id:                        {"", false},
		"/var/lib/docker/volumes/" + id[1:] + "g/_data": {id[1:] + "g", false},
		"/": {"", false},
	} {
		m := Mount{Source: source}
		if m.Volume() != want.name || m.Anonymous() != want.anonymous {
			t.Errorf("%s: volume %q, anonymous %v", source, m.Volume(), m.Anonymous())
		}
	}
}

func TestMendingCommandNamesWhatIsMounted(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	const table = `36 35 8:1 /var/lib/docker/volumes/my-data/_data /opt/data/a rw - ext4 /dev/sda1 rw
37 35 8:1 /home/me/my\040files /opt/data/b rw - ext4 /dev/sda1 rw
38 35 0:50 / /opt/data/c rw - tmpfs tmpfs rw
39 35 0:51 / /opt/data/d rw - nfs4 server:/x rw
40 35 8:1 /it's` + "\x1b" + ` /opt/data/e rw - ext4 /dev/sda1 rw
nonsense
`
	want := []string{
		"docker run --rm -v my-data:/v busybox chown -R 1:2 /v",
		"chown -R 1:2 '/home/me/my files' on the host",
		"mount it with the options uid=1,gid=2",
		"chown -R 1:2 its directory on the host",
		`chown -R 1:2 "/it's\x1b" on the host`,
	}
	mounts := Parse(table)
	if len(mounts) != len(want) {
		t.Fatalf("got %v", mounts)
	}
	for i, m := range mounts {
		if got := m.Mend(1, 2); got != want[i] {
			t.Errorf("%s: want %q, got %q", m.Point, want[i], got)
		}
	}
}

func FuzzParse(f *testing.F) {
	clause.Proves(f, "SETUP-40")
	f.Add("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n")
	f.Add(`1 2 3:4 /var/lib/docker/volumes/a'b/_data /opt/data\040x - tmpfs - -` + "\n\n - \n")
	f.Fuzz(func(t *testing.T, table string) {
		for _, m := range Parse(table) {
			if line := m.Mend(1, 2) + m.Named(); strings.ContainsAny(line, "\n\x1b\x00") {
				t.Errorf("%q of %q", line, table)
			}
		}
		_ = Of(Parse(table), "/opt/data")
	})
}
