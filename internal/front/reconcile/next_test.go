package reconcile

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caduceus/internal/clause"
)

// id gives a and a2 the same directory.
func id(name string) string { return name[:1] }

func yes(string) bool { return true }

func words(arrivals []arrival) string {
	var list []string
	for _, a := range arrivals {
		if a.from != "" {
			a.name += "<" + a.from
		}
		list = append(list, a.name)
	}
	return strings.Join(list, " ")
}

func TestASlotFollowsItsProfile(t *testing.T) {
	clause.Proves(t, "PROF-05")
	type look struct{ profiles, slots, register, remove string }
	for name, looks := range map[string][]look{
		"what the boot has registered needs nothing": {
			{"default a", "default a", "", ""}, {"default a", "default a", "", ""},
		},
		"a profile without a slot gets one at the second look": {
			{"default", "default", "", ""}, {"default a", "default", "", ""}, {"default a", "default", "a", ""}, {"default a", "default a", "", ""},
		},
		"one that its maker registers meanwhile is left alone": {
			{"default a", "default", "", ""}, {"default a", "default a", "", ""}, {"default a", "default a", "", ""},
		},
		"a registration that failed is tried again": {
			{"default a", "default", "", ""}, {"default a", "default", "a", ""}, {"default a", "default", "a", ""},
		},
		"a slot goes at the second look without its profile": {
			{"default a", "default a", "", ""}, {"default", "default a", "", ""}, {"default", "default a", "", "a"}, {"default", "default", "", ""},
		},
		"a profile that is back at once keeps its slot": {
			{"default a", "default a", "", ""}, {"default", "default a", "", ""}, {"default a", "default a", "", ""}, {"default", "default a", "", ""},
		},
		"a new profile in the place of another is no rename": {
			{"default a", "default a", "", ""}, {"default b", "default a", "", ""}, {"default b", "default a", "b", "a"},
		},
		"a rename is a removal and a registration": {
			{"default a", "default a", "", ""}, {"default a2", "default a", "", ""}, {"default a2", "default a", "a2<a", "a"},
		},
		"without its old slot a rename is a new profile, so the front removes that last": {
			{"default a", "default a", "", ""}, {"default a2", "default", "", ""}, {"default a2", "default", "a2", ""},
		},
		"a copy is no rename": {
			{"default a", "default a", "", ""}, {"default a a2", "default a", "", ""}, {"default a a2", "default a", "a2", ""},
		},
		"a slot that never had a profile stays": {
			{"default", "default probe", "", ""}, {"default", "default probe", "", ""}, {"default", "default probe", "", ""},
		},
		"the default slot stays, and is never made": {
			{"default", "", "", ""}, {"default", "", "", ""}, {"default", "default", "", ""}, {"", "default", "", ""}, {"", "default", "", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var m memory
			for i, l := range looks {
				register, remove := m.next(snapshot{strings.Fields(l.profiles), strings.Fields(l.slots), id, yes})
				if diff := cmp.Diff([]string{l.register, l.remove}, []string{words(register), strings.Join(remove, " ")}); diff != "" {
					t.Errorf("look %d: %s", i+1, diff)
				}
			}
		})
	}
}

func TestWhatCannotBeSeenIsNotGone(t *testing.T) {
	clause.Proves(t, "PROF-05")
	var m memory
	for range 4 {
		slots, profiles := []string{"a"}, []string{"a"}
		if len(m.known) > 0 {
			profiles = nil
		}
		if _, remove := m.next(snapshot{profiles, slots, id, func(string) bool { return false }}); len(remove) > 0 {
			t.Fatalf("removed %v", remove)
		}
	}
}

// Whatever happens to the profiles, once they stay the same the slots are those of the profiles and of
// what never had one.
func TestSlotsEndUpAsTheProfiles(t *testing.T) {
	clause.Proves(t, "PROF-05")
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID[string])
		var m memory
		slots := []string{"default", "foreign"}
		var profiles []string
		step := func() {
			register, remove := m.next(snapshot{append([]string{"default"}, profiles...), slots, id, yes})
			for _, name := range remove {
				slots = slices.DeleteFunc(slices.Clone(slots), func(s string) bool { return s == name })
			}
			for _, a := range register {
				slots = append(slices.Clone(slots), a.name)
			}
		}
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			profiles = names.Draw(t, "profiles")
			for range rapid.IntRange(1, 3).Draw(t, "looks") {
				step()
			}
		}
		for range 3 {
			step()
		}
		want := append([]string{"default", "foreign"}, profiles...)
		slices.Sort(want)
		slices.Sort(slots)
		if diff := cmp.Diff(want, slots); diff != "" {
			t.Fatal(diff)
		}
	})
}
