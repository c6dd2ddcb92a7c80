package identity

import (
	"fmt"

	"caduceus/internal/env"
)

// UnsupportedUserError is the error of a container start with a uid that is neither root's nor that of hermes. Users
// see its text.
type UnsupportedUserError struct{ UID int }

func (e *UnsupportedUserError) Error() string {
	return fmt.Sprintf("[hermes] ERROR: container started with --user %d (neither root nor hermes) — not supported. "+
		"Start it without --user and set HERMES_UID/HERMES_GID (or PUID/PGID) to the ids you want; "+
		"HERMES_ALLOW_ANY_UID=1 runs it as this uid at your own risk.", e.UID)
}

// CheckStartUID returns an *UnsupportedUserError unless a container that was started with uid may run: root's uid,
// that of a, or any with HERMES_ALLOW_ANY_UID.
//
// contract: RUN-01
func CheckStartUID(uid int, a Account, environ env.Environ) error {
	if uid == 0 || uint32(uid) == a.UID || env.AllowAnyUID.On(environ) {
		return nil
	}
	return &UnsupportedUserError{UID: uid}
}
