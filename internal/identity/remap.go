package identity

import (
	"fmt"
	"strconv"

	"caduceus/internal/env"
)

// Owner is who a file belongs to.
type Owner struct{ UID, GID uint32 }

// String is U:G.
func (o Owner) String() string { return format(o.UID) + ":" + format(o.GID) }

// Remap is what a root start does with the ids of an account. The zero Remap changes nothing.
type Remap struct {
	UID, GID *uint32  // new ids; nil keeps the present one
	Adopt    bool     // the ids come from the volume's owner, not from a variable
	Ignored  []string // one line for each variable that was not understood
}

// nobody owns nothing that could be adopted: it is what unmapped ids look like.
const nobody = 65534

// Decide works out the ids of account a from the environment and, if the operator asked for it,
// from the owner of the volume (nil: no volume yet). A variable outside its domain counts as unset,
// and so does an empty one.
//
// contract: SETUP-02, SETUP-03, SETUP-04, SETUP-05, SETUP-08
func Decide(environ env.Environ, a Account, volume *Owner) Remap {
	var r Remap
	uid := r.id(environ, env.UID, env.PUID)
	gid := r.id(environ, env.GID, env.PGID)
	if uid == nil && volume != nil && env.AdoptVolumeOwner.On(environ) && adoptable(volume.UID, a) {
		r.Adopt = true
		uid = &volume.UID
		if gid == nil && Valid(volume.GID) {
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

func adoptable(uid uint32, a Account) bool { return Valid(uid) && uid != nobody && uid != a.UID }

// id is the first of the variables with a valid value.
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

// Valid reports whether hermes may have this id: neither root's, nor one of the two that mean
// "unchanged" in 16 and 32 bits.
func Valid(id uint32) bool { return id != 0 && id != 0xFFFF && id != 0xFFFFFFFF }

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
	case !Valid(uint32(id)):
		return 0, fmt.Errorf("reserved by the kernel")
	}
	return uint32(id), nil
}
