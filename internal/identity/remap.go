package identity

import (
	"fmt"
	"strconv"

	"caduceus/internal/env"
)

// Owner is the owner of a file.
type Owner struct{ UID, GID uint32 }

// String returns UID:GID.
func (o Owner) String() string { return decimal(o.UID) + ":" + decimal(o.GID) }

// Remap is a change of an account's ids. The zero value changes nothing.
type Remap struct {
	UID, GID *uint32  // new ids; nil keeps the present one
	Adopt    bool     // the ids are those of the volume's owner
	Ignored  []string // a message for each variable with an invalid value
}

// nobody is what the kernel shows for an owner that is not mapped into this user namespace: not a real owner.
const nobody = 65534

// DecideRemap returns the new ids of account a: those of the variables HERMES_UID and so on, else, with
// HERMES_ADOPT_VOLUME_OWNER, those of volume (nil: it does not exist). A variable with an invalid value counts as not
// set.
//
// contract: SETUP-02
func DecideRemap(environ env.Environ, a Account, volume *Owner) Remap {
	var r Remap
	uid := r.id(environ, env.UID, env.PUID)
	gid := r.id(environ, env.GID, env.PGID)
	if uid == nil && volume != nil && env.AdoptVolumeOwner.On(environ) && adoptable(volume.UID, a) {
		r.Adopt = true
		uid = &volume.UID
		if gid == nil && ValidID(volume.GID) {
			gid = &volume.GID
		}
	}
	if uid != nil && *uid != a.UID {
		r.UID = uid
	}
	if gid != nil && *gid != a.GID {
		r.GID = gid
	}
	return r
}

func adoptable(uid uint32, a Account) bool { return ValidID(uid) && uid != nobody && uid != a.UID }

// id returns the first variable with a valid value, and records the others as ignored.
func (r *Remap) id(environ env.Environ, variables ...env.Number) *uint32 {
	for _, v := range variables {
		value := environ.Value(v)
		if value == "" {
			continue
		}
		id, err := ParseID(value)
		if err == nil {
			return &id
		}
		r.Ignored = append(r.Ignored, fmt.Sprintf("ignoring %s=%s: %v", v, env.Shown(value), err))
	}
	return nil
}

// ValidID reports whether hermes may have this uid or gid. Root's is refused, and so are the two that chown takes for
// "unchanged", in 16 and 32 bits.
func ValidID(id uint32) bool { return id != 0 && id != 0xFFFF && id != 0xFFFFFFFF }

// ParseID reads a uid or gid of only digits. The error is the reason alone.
func ParseID(value string) (uint32, error) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("not a number")
		}
	}
	id, err := strconv.ParseUint(value, 10, 32)
	switch {
	case value == "":
		return 0, fmt.Errorf("empty")
	case err != nil:
		return 0, fmt.Errorf("larger than 4294967294")
	case id == 0:
		return 0, fmt.Errorf("0 is root")
	case !ValidID(uint32(id)):
		return 0, fmt.Errorf("reserved by the kernel")
	}
	return uint32(id), nil
}
