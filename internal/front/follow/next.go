package follow

import (
	"slices"

	"caduceus/internal/front/profile"
)

// Look is what one look at the volume and the scandir saw.
type Look struct {
	Profiles []string                 // those that count
	Slots    []string                 // profiles that have a slot
	ID       func(name string) string // of a profile's directory, kept by a rename; "" if unknown
	Gone     func(name string) bool   // its directory is certainly no profile's any more
}

// Arrival is a profile that gets a slot.
type Arrival struct {
	Name string
	From string // the name that its directory had before, "" for a new one
}

// Memory is what earlier looks saw. Its zero value has seen nothing.
type Memory struct {
	known  map[string]string // profiles that counted, and whose slot, if any, is not gone yet: their IDs
	fresh  []string          // profiles without a slot in the last look
	absent []string          // known slots without a profile in the last look
}

// Next says which profiles get a slot, and whose slot goes. It acts on what two looks in a row agree
// about: whoever makes or renames a profile takes a moment, and may register the slot himself.
//
// contract: PROF-05
func (m *Memory) Next(look Look) (register []Arrival, remove []string) {
	next := Memory{known: map[string]string{}}
	for _, name := range look.Slots {
		id, known := m.known[name]
		if !known || slices.Contains(look.Profiles, name) {
			continue
		}
		next.known[name] = id
		if !look.Gone(name) {
			continue
		}
		if slices.Contains(m.absent, name) {
			remove = append(remove, name)
		}
		next.absent = append(next.absent, name) // until its slot is gone
	}
	for _, name := range look.Profiles {
		if name == profile.Default {
			continue
		}
		id := look.ID(name)
		if !slices.Contains(look.Slots, name) {
			if slices.Contains(m.fresh, name) {
				register = append(register, Arrival{name, next.formerly(id)})
			}
			next.fresh = append(next.fresh, name) // until it has one
		}
		next.known[name] = id
	}
	*m = next
	return register, remove
}

// formerly is the absent profile whose directory has the ID now.
func (m *Memory) formerly(id string) string {
	for _, name := range m.absent {
		if id != "" && m.known[name] == id {
			return name
		}
	}
	return ""
}
