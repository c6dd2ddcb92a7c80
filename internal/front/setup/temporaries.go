package setup

import (
	"context"
	"errors"
	"regexp"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// temporaryAge is how old a temporary has to be: a command in another container may be about to rename a younger one.
const temporaryAge = time.Minute

// maxTemporaries is how many a boot removes from one directory.
const maxTemporaries = 10000

// removeTemporaries removes what verbs and boots that were killed have left of files that they were writing, from the volume
// and each profile. Nobody else's are touched.
//
// contract: SETUP-45
func (j *job) removeTemporaries(context.Context, *volume) error {
	root := j.inRoot(profile.Home(j.home).Root())
	ours := regexp.MustCompile(`^\.(?:\.?(?:env|config\.yaml|SOUL\.md|auth\.json|gateway_state\.json|gateway_intent\.json|gateway-planned-stop\.json|apt-packages)` +
		`\.[0-9]+(?:\.[0-9a-f]+)?\.(?:new|tmp)|container\.lock\.[A-Z2-7]{26}\.new|write-test-[0-9]+)$`)
	var failed []error
	for _, home := range append(profilesOf(root), root) {
		dir, err := held.Open(home, held.RefuseLinks)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		failed = append(failed, removeOld(dir, ours), dir.Close())
	}
	return errors.Join(failed...)
}

// removeOld removes the files of one directory that match, and are old enough.
func removeOld(dir *held.Dir, ours *regexp.Regexp) error {
	var found []string
	err := dir.EachName(func(name string) {
		if len(found) < maxTemporaries && ours.MatchString(name) {
			found = append(found, name)
		}
	})
	for _, name := range found {
		st, lookErr := dir.Lstat(name)
		if lookErr == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && time.Since(time.Unix(st.Mtim.Unix())) >= temporaryAge {
			err = errors.Join(err, dir.Remove(name))
		}
	}
	return err
}
