package services

import (
	"os"
	"strconv"
	"syscall"

	"caduceus/internal/identity"
	"caduceus/internal/s6"
)

// ownerOf is the account to run what lies in a directory that root does not have to itself, as hermes may
// put services and scripts into the scandir: its owner, or hermes where root shares it. nil is this
// process.
//
// spec: SUP-25
func ownerOf(dir *s6.Dir) (*identity.Account, error) {
	euid := os.Geteuid()
	uid, gid, shared, err := dir.Owner()
	if err != nil || euid != 0 || uid == 0 && !shared {
		return nil, err
	}
	hermes, err := identity.Lookup("", identity.Hermes)
	switch {
	case err == nil && (uid == 0 || uid == hermes.UID):
		return &hermes, nil
	case uid == 0: // no image of ours: as s6 does
		return nil, nil
	}
	return &identity.Account{Name: strconv.FormatUint(uint64(uid), 10), UID: uid, GID: gid}, nil
}

func runAs(dir *s6.Dir) (*syscall.Credential, error) {
	owner, err := ownerOf(dir)
	if owner == nil {
		return nil, err
	}
	return owner.Credential(), nil
}
