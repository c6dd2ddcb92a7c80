package setup

import (
	"context"
	"errors"
	"io/fs"

	"caduceus/internal/env"
	"caduceus/internal/front/doctor"
	"caduceus/internal/front/imageenv"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
	"caduceus/internal/identity"
)

// namePlaces says what an older or another deployment has left, in the words of the doctor.
//
// contract: MOVE-01
func (j *job) namePlaces(ctx context.Context) {
	c := doctor.Container{Root: j.Root, Environ: j.Environ, UID: j.start, Home: profile.Home(j.inRoot(j.home))}
	if j.Root == "" {
		c.Mounts = mounts.Table()
	}
	look := func() {
		for _, f := range find(ctx, c, doctor.AtBoot()) {
			j.warn("%s: %s; fix: %s", j.withoutRoot(f.Object), f.Cause, f.Fix)
		}
		for _, f := range find(ctx, c, doctor.NotesAtBoot()) {
			j.say("%s: %s; to change that: %s", f.Object, f.Cause, f.Fix)
		}
	}
	if err := identity.As(j.hermes, look); err != nil {
		j.warn("%v", err)
	}
}

func find(ctx context.Context, c doctor.Container, checks []doctor.Check) []doctor.Finding {
	var found []doctor.Finding
	for _, check := range checks {
		found = append(found, check(ctx, c)...)
	}
	return found
}

// fitVariables makes the image's own variables fit this container, for all programs that start later.
//
// contract: ENV-15
func (j *job) fitVariables() {
	changes := imageenv.Changes(j.Root, profile.Home(j.home).Root(), j.Environ, imageenv.Read(j.Root))
	for _, c := range changes {
		var err error
		if c.Value == "" {
			err = env.Unset(j.inRoot(env.Dir), c.Name)
		} else {
			_, err = env.Write(j.inRoot(env.Dir), env.Environ{c.Name + "=" + c.Value})
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			j.warn("%v", err)
		}
	}
	j.Environ = imageenv.Apply(j.Environ, changes)
}
