package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"caduceus/internal/front/profile"
	"caduceus/internal/front/userfile"
	"caduceus/internal/identity"
)

// profileNames looks for directories that cannot be profiles.
func profileNames(_ context.Context, c Container) []Finding {
	if Closed(c.Home.Root()) != "" {
		return nil // closedHome says why nothing can be read there
	}
	var found []Finding
	_, warnings := c.Home.Names()
	for _, w := range warnings {
		found = append(found, Finding{"profiles", w, "rename or remove that directory"})
	}
	return found
}

// profiles looks at the files and the slot of each profile.
func profiles(_ context.Context, c Container) []Finding {
	if Closed(c.Home.Root()) != "" {
		return nil
	}
	var found []Finding
	names, _ := c.Home.Names()
	for _, name := range names {
		found = append(found, c.profile(name)...)
	}
	return found
}

func (c Container) profile(name string) []Finding {
	var found []Finding
	dir := c.Home.Dir(name)
	add := func(cause, fix string) { found = append(found, Finding{"profile " + name, cause, fix}) }
	unusable := false
	c.asHermes(func(hermes identity.Account) {
		for _, file := range userfile.Names() {
			if problem := userfile.Look("", filepath.Join(dir, file), c.Mounts, hermes); problem != nil {
				add(problem.Cause, problem.Fix)
				unusable = unusable || file == "config.yaml"
			}
		}
	})
	if _, err := profile.ReadConfig(dir); err != nil && !errors.Is(err, fs.ErrNotExist) && !unusable {
		add(err.Error(), "correct that file")
	}
	start := profile.CommandLine(name, "gateway start")
	if _, err := profile.ReadState(dir); err != nil {
		add(err.Error(), start+" writes it anew")
	}
	if _, err := profile.ReadIntent(dir); err != nil {
		add(err.Error(), start+" or stop writes it anew")
	}
	if c.Supervised && !c.NoGateways && !c.Scandir.Has(name) {
		add("it has no gateway slot", "docker restart this container")
	}
	return found
}

// asHermes looks with the file rights of hermes, whoever asks. Where they cannot be had, it looks with those of the caller.
func (c Container) asHermes(look func(hermes identity.Account)) {
	hermes, err := c.account()
	if err == nil {
		err = identity.As(hermes, func() { look(hermes) })
	}
	if err != nil {
		look(hermes)
	}
}
