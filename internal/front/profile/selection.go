package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Selection is what a command line says about the profile.
type Selection struct {
	Given bool     // the command line says which
	Name  string   // as it says
	Rest  []string // the command line without the selection
}

// Parse finds -p X, --profile X or --profile=X anywhere before arguments that are passed through: a
// lone "--", or --args of "mcp add". An impossible name in the two-word form is no selection: it is
// left to the agent's parser, which may know that flag as another one.
//
// contract: NAME-03
func Parse(args []string) Selection {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case arg == "--", arg == "--args" && passesThrough(args[:i]):
			return Selection{Rest: args}
		case (arg == "-p" || arg == "--profile") && i+1 < len(args):
			if !wellFormed(next, maxName) {
				return Selection{Rest: args}
			}
			return Selection{Given: true, Name: next, Rest: slices.Concat(args[:i], args[i+2:])}
		case strings.HasPrefix(arg, "--profile="):
			return Selection{Given: true, Name: arg[len("--profile="):], Rest: slices.Concat(args[:i], args[i+1:])}
		case takesValue(arg), mayTakeValue(arg) && !strings.HasPrefix(next, "-"):
			i++
		}
	}
	return Selection{Rest: args}
}

// passesThrough reports whether the words before --args make it "mcp add … --args".
func passesThrough(before []string) bool {
	mcp := slices.Index(before, "mcp")
	return mcp >= 0 && slices.Contains(before[mcp:], "add")
}

func takesValue(arg string) bool {
	return slices.Contains([]string{
		"-z", "--oneshot", "-m", "--model", "--provider", "-t", "--toolsets",
		"-r", "--resume", "-s", "--skills", "--usage-file",
	}, arg)
}

func mayTakeValue(arg string) bool { return arg == "-c" || arg == "--continue" }

// Resolve is the profile that a command means, and an error that the user sees after "Error: ".
// The order: the command line; H, where it is a profile's directory; the sticky active_profile, which a
// supervised child must not follow, as its slot is its identity; default.
//
// contract: NAME-03
func Resolve(s Selection, home Home, supervisedChild bool) (string, error) {
	name := s.Name
	switch {
	case s.Given:
	case home.named() != "":
		return home.named(), nil
	case supervisedChild:
		return Default, nil
	default:
		name = home.active()
	}
	if !s.Given && name == "" {
		return Default, nil
	}
	name = Canonical(name)
	if err := CheckName(name); err != nil {
		return "", err
	}
	if info, err := os.Stat(home.Dir(name)); name != Default && (err != nil || !info.IsDir()) {
		names, _ := home.Names() // those left out have been reported by the boot
		return "", fmt.Errorf("profile '%s' does not exist; there are %s; create it with: hermes profile create %s",
			name, strings.Join(names, ", "), name)
	}
	return name, nil
}

// active is the name in active_profile; "" where the file is missing, empty or unreadable.
func (h Home) active() string {
	b, err := readFile(h.Root(), "active_profile")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Names lists the profiles under the root: default first, then the directories of profiles/ in byte
// order that have a SOUL.md and a valid name. What is left out with a reason is a warning.
//
// contract: REC-03
func (h Home) Names() (names, warnings []string) {
	names = []string{Default}
	parent := filepath.Join(h.Root(), "profiles")
	entries, err := os.ReadDir(parent)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		warnings = append(warnings, fmt.Sprintf("cannot list profiles: %v", err))
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "SOUL.md")); err != nil {
			continue
		}
		if e.Name() == Default {
			warnings = append(warnings, fmt.Sprintf("skipping %s: the name is that of the root profile", dir))
			continue
		}
		if err := CheckName(e.Name()); err != nil {
			warnings = append(warnings, fmt.Sprintf("skipping %s: %v", dir, err))
			continue
		}
		names = append(names, e.Name())
	}
	return names, warnings
}
