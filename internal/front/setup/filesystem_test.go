package setup

import (
	"testing"

	"caduceus/internal/clause"
)

func TestRemoteFileSystemsAreRecognised(t *testing.T) {
	clause.Proves(t, "SETUP-35")
	for kind, want := range map[string]bool{
		"9p": true, "virtiofs": true, "nfs": true, "nfs4": true, "cifs": true, "smb3": true, "fuse": true, "fuse.sshfs": true,
		"fuseblk": true, "fakeowner": true, "ext4": false, "overlay": false, "btrfs": false, "fusectl": false, "": false,
	} {
		if got := isRemote(kind); got != want {
			t.Errorf("%s: got %v", kind, got)
		}
	}
}
