package reconcile

import (
	"slices"

	"caduceus/internal/front/profile"
)

// snapshot is what one look at the volume and the scandir saw.
type snapshot struct {
	profiles []string                 // those with a valid name and a SOUL.md
	slots    []string                 // profiles that have a slot
	id       func(name string) string // of a profile's directory, kept by a rename; "" if unknown
	gone     func(name string) bool   // reports whether a directory is certainly not that of a profile any more
}

// arrival is a profile that gets a slot.
type arrival struct {
	name string
	from string // the name that its directory had before, "" for a new one
}

// memory is what earlier looks saw. Its zero value has seen nothing.
type memory struct {
	known  map[string]string // profiles that counted, and whose slot, if any, is not gone yet: their IDs
	fresh  []string          // profiles without a slot in the last look
	absent []string          // known slots without a profile in the last look
}

// next returns the profiles that get a slot, and those whose slot goes. It acts on what two looks in a
// row agree about: whoever makes or renames a profile takes a moment, and may register the slot meanwhile.
//
// contract: PROF-05
func (m *memory) next(look snapshot) (register []arrival, remove []string) {
	next := memory{known: map[string]string{}}
	for _, name := range look.slots {
		id, known := m.known[name]
		if !known || slices.Contains(look.profiles, name) {
			continue
		}
		next.known[name] = id
		if !look.gone(name) {
			continue
		}
		if slices.Contains(m.absent, name) {
			remove = append(remove, name)
		}
		next.absent = append(next.absent, name) // until its slot is gone
	}
	for _, name := range look.profiles {
		if name == profile.Default {
			continue
		}
		id := look.id(name)
		if !slices.Contains(look.slots, name) {
			if slices.Contains(m.fresh, name) {
				register = append(register, arrival{name, next.formerly(id)})
			}
			next.fresh = append(next.fresh, name) // until it has one
		}
		next.known[name] = id
	}
	*m = next
	return register, remove
}

// formerly is the absent profile whose directory has the ID now.
func (m *memory) formerly(id string) string {
	for _, name := range m.absent {
		if id != "" && m.known[name] == id {
			return name
		}
	}
	return ""
}
