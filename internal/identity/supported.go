package identity

import (
	"fmt"

	"caduceus/internal/env"
)

// UnsupportedUserError says that the container was started under a uid the image does not know.
// Its text is what the user sees; the clause fixes its words.
type UnsupportedUserError struct{ UID int }

func (e *UnsupportedUserError) Error() string {
	return fmt.Sprintf("[hermes] ERROR: container started with --user %d (neither root nor hermes) — not supported. "+
		"Start it without --user and set HERMES_UID/HERMES_GID (or PUID/PGID) to the ids you want; "+
		"HERMES_ALLOW_ANY_UID=1 runs it as this uid at your own risk.", e.UID)
}

// Supported reports whether CMD may run when the container was started as uid: root, a itself, or any
// uid once HERMES_ALLOW_ANY_UID is true. Otherwise the error is an *UnsupportedUserError.
//
// contract: RUN-01, RUN-02
func Supported(uid int, a Account, environ env.Environ) error {
	if uid == 0 || uint32(uid) == a.UID || env.AllowAnyUID.On(environ) {
		return nil
	}
	return &UnsupportedUserError{UID: uid}
}
