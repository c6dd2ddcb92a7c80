package services

import (
	"os"
	"strconv"
	"syscall"

	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// ownerOf is the account to run what lies in a directory that root does not have to itself, as hermes may
// put services and scripts into the scandir: its owner, or hermes where root shares it. nil is this
// process.
//
// spec: SUP-25
func ownerOf(dir *held.Dir) (*identity.Account, error) {
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

func runAs(dir *held.Dir) (*syscall.Credential, error) {
	owner, err := ownerOf(dir)
	if owner == nil {
		return nil, err
	}
	return owner.Credential(), nil
}
