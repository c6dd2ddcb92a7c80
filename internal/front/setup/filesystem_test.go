package setup

import (
	"testing"

	"caduceus/internal/clause"
)

func TestRemoteFileSystemsAreRecognised(t *testing.T) {
	clause.Proves(t, "SETUP-35")
	const table = `21 1 0:20 / / rw - overlay overlay rw
22 21 0:21 / /opt/data rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:22 / /opt/data/my\040share rw - nfs4 host:/x rw
24 21 0:23 / /srv rw - 9p x rw
25 24 0:23 / /srv rw master:2 - ext4 /dev/sdb rw
26 21 0:24 / /mnt rw - fuse.grpcfuse grpcfuse rw
garbage
`
	for path, want := range map[string]string{
		"/opt/data": "ext4", "/opt/data/a": "ext4", "/opt/database": "overlay", "/opt/data/my share/a": "nfs4",
		"/srv/x": "ext4", "/mnt": "fuse.grpcfuse", "/": "overlay",
	} {
		if got := fileSystem(table, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	for kind, want := range map[string]bool{
		"9p": true, "virtiofs": true, "nfs": true, "nfs4": true, "cifs": true, "smb3": true, "fuse": true, "fuse.sshfs": true,
		"fuseblk": true, "fakeowner": true, "ext4": false, "overlay": false, "btrfs": false, "fusectl": false, "": false,
	} {
		if got := isRemote(kind); got != want {
			t.Errorf("%s: got %v", kind, got)
		}
	}
}
