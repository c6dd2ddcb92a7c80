package setup

import (
	"errors"
	"io/fs"
	"os"

	"caduceus/internal/front/profile"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/identity"
)

// SharedMark is a file that exists if this boot has warned that another container uses the volume, too.
const SharedMark = "/run/s6/shared-volume"

// warnAboutOtherContainer warns if another container uses the volume, and leaves SharedMark.
//
// contract: RUN-10
func (j *job) warnAboutOtherContainer() {
	root := profile.Home(j.home).Root()
	var other volumelock.Container
	found := false
	err := identity.As(j.hermes, func() { other, found = volumelock.Other(j.inRoot(root), volumelock.Self()) })
	if err != nil || !found {
		return
	}
	j.warn("%s", volumelock.Warning(root, other))
	if err := os.WriteFile(j.inRoot(SharedMark), []byte(other.Hostname+"\n"), 0o644); err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("%v", err)
	}
}
