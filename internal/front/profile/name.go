package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Default is the name of the root profile, whose directory is the root itself.
const Default = "default"

// SlotPrefix starts the name of each gateway's service directory.
const SlotPrefix = "gateway-"

const (
	maxName     = 64
	maxSlotName = 251
)

// Canonical trims and lower-cases a name as a person typed it.
//
// contract: NAME-02
func Canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// CheckName returns an error if a canonical name cannot be that of a profile. "default" can.
//
// contract: NAME-02
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("profile name cannot be empty")
	case !wellFormed(name, maxName):
		return fmt.Errorf("invalid profile name %q: it must match [a-z0-9][a-z0-9_-]{0,63}", name)
	case slices.Contains([]string{"hermes", "test", "tmp", "root", "sudo"}, name):
		return fmt.Errorf("profile name %q is reserved; choose another one", name)
	}
	return nil
}

// SlotName returns the name of the service directory of a profile's gateway. The supervisor takes longer names
// than the agent gives to profiles.
//
// contract: NAME-01
func SlotName(name string) (string, error) {
	if !wellFormed(name, maxSlotName) {
		return "", fmt.Errorf("invalid gateway name %q: it must match [a-z0-9][a-z0-9_-]*, at most %d characters", name, maxSlotName)
	}
	return SlotPrefix + name, nil
}

// FromSlot returns the profile that a service directory belongs to by its name; false if it is not that of a gateway.
func FromSlot(slot string) (string, bool) {
	name, found := strings.CutPrefix(slot, SlotPrefix)
	return name, found && wellFormed(name, maxSlotName)
}

func wellFormed(name string, limit int) bool {
	return len(name) <= limit && regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`).MatchString(name)
}

// CommandLine is what a person types to have words done for a profile.
func CommandLine(name, words string) string {
	if name == Default {
		return "hermes " + words
	}
	return "hermes -p " + name + " " + words
}
