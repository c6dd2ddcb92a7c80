package base

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Name is the repository name of bootstrapped bases; the tag is the point release.
const Name = "caduceus-base"

// MaxAge is how old the archive state of a bootstrapped base may be before a build makes it anew. Until then it stays,
// and with it the build cache above it.
const MaxAge = 14 * 24 * time.Hour

// Source is where a base comes from.
type Source string

// The sources of a base.
const (
	Given        Source = "given"        // the user named it
	Present      Source = "present"      // the official image, already in the engine
	Registry     Source = "registry"     // the official image, to be pulled by the build
	Local        Source = "local"        // bootstrapped earlier
	Bootstrapped Source = "bootstrapped" // to be bootstrapped now
)

// Choice is a base and the reason for it.
type Choice struct {
	Ref    string // for FROM; "" while still to be bootstrapped
	Source Source
	Why    string
}

// Made is a bootstrapped base in the engine.
type Made struct {
	Ref      string
	Recipe   string    // of the code that made it
	Snapshot time.Time // newest Release file it was made from
}

// facts is all that the decision depends on.
type facts struct {
	given    string // BASE_IMAGE
	force    bool   // bootstrap whatever is there
	official string // "debian:13.4" or "debian:13.4@sha256:..."
	present  bool   // the engine has the official image
	registry error  // nil: the registry has it
	made     *Made  // newest bootstrapped base of this host
	recipe   string // of the code that runs now
	now      time.Time
}

func decide(f facts) Choice {
	unreachable := fmt.Sprintf("no registry has %s (%v)", f.official, f.registry)
	switch {
	case f.given != "":
		return Choice{f.given, Given, "named in BASE_IMAGE"}
	case f.force:
		return Choice{"", Bootstrapped, "asked for"}
	case f.present:
		return Choice{f.official, Present, "the engine has it"}
	case f.registry == nil:
		return Choice{f.official, Registry, "its registry answers"}
	case f.made == nil:
		return Choice{"", Bootstrapped, unreachable}
	case f.made.Recipe != f.recipe:
		return Choice{"", Bootstrapped, f.made.Ref + " was made by another version of this program"}
	case f.now.Sub(f.made.Snapshot) > MaxAge:
		return Choice{"", Bootstrapped, fmt.Sprintf("%s is from %s", f.made.Ref, day(f.made.Snapshot))}
	default:
		return Choice{f.made.Ref, Local, fmt.Sprintf("%s; bootstrapped from Debian's packages of %s", unreachable, day(f.made.Snapshot))}
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// newest picks the bootstrapped base made from the youngest archive state.
func newest(all []Made) *Made {
	var best *Made
	for i := range all {
		if best == nil || all[i].Snapshot.After(best.Snapshot) {
			best = &all[i]
		}
	}
	return best
}

// The labels by which a bootstrapped base is known again.
const (
	labelRecipe   = "caduceus.base.recipe"
	labelSnapshot = "caduceus.base.snapshot"
)

// madeFrom returns the bootstrapped base that an image is by its labels. ok is false if the image has another name than
// such a base, lacks a label, or has one that cannot be read.
func madeFrom(ref string, labels map[string]string) (m Made, ok bool) {
	seconds, err := strconv.ParseInt(labels[labelSnapshot], 10, 64)
	if err != nil || labels[labelRecipe] == "" || !strings.HasPrefix(ref, Name+":") {
		return Made{}, false
	}
	return Made{Ref: ref, Recipe: labels[labelRecipe], Snapshot: time.Unix(seconds, 0).UTC()}, true
}
