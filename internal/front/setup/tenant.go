package setup

import (
	"errors"
	"io/fs"
	"os"

	"caduceus/internal/front/profile"
	"caduceus/internal/front/tenant"
	"caduceus/internal/identity"
)

// SharedMark exists while the operator has been told in this boot that the volume is another
// container's, too.
const SharedMark = "/run/s6/shared-volume"

// warnAboutTenant names the other container whose init lives on H.
//
// contract: RUN-10
func (j *job) warnAboutTenant() {
	root := profile.Home(j.home).Root()
	var other tenant.Tenant
	found := false
	err := identity.As(j.hermes, func() { other, found = tenant.Other(j.real(root), tenant.Self()) })
	if err != nil || !found {
		return
	}
	j.warn("%s", tenant.Warning(root, other))
	if err := os.WriteFile(j.real(SharedMark), []byte(other.Hostname+"\n"), 0o644); err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("%v", err)
	}
}
