package doctor

import (
	"context"
	"path/filepath"

	"caduceus/internal/env"
	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/versions"
	"caduceus/internal/identity"
)

// Finding is one thing that is wrong with the container.
type Finding struct {
	Object string `json:"object" schema:"pattern=.;doc=what is wrong"`
	Cause  string `json:"cause" schema:"pattern=.;doc=why"`
	Fix    string `json:"fix" schema:"pattern=.;doc=what mends it"`
}

// Container is what the checks look at.
type Container struct {
	Root    string // prefix of every path, for tests; "" is /
	Environ env.Environ
	Home    profile.Home
	Scandir gateway.Scandir

	Supervised  bool                  // an init supervises Scandir
	Supervisors []bootrecord.Problem  // what is wrong with who supervises
	Gateways    []gateway.Report      // of those that somebody wants up
	Dashboard   func() (bool, string) // whether it is as it is wanted, and why not
	Parts       []versions.Part       // the agent and what lies below it
}

// path is a path of the image.
func (c Container) path(p string) string { return filepath.Join("/", c.Root, p) }

// account is the runtime user.
func (c Container) account() (identity.Account, error) {
	return identity.Lookup(c.Root, identity.Hermes)
}

// Check looks for one kind of cause.
type Check func(context.Context, Container) []Finding

// Checks lists all kinds.
//
// contract: STATUS-04
func Checks() []Check {
	return []Check{
		supervision,
		agent,
		below,
		refusedHome,
		variableNames,
		switches,
		volume,
		sharedVolume,
		pathOrder,
		ping,
		profileNames,
		profiles,
		gateways,
		dashboard,
	}
}

// Find returns what all checks find, never nil.
func Find(ctx context.Context, c Container) []Finding {
	found := []Finding{}
	for _, check := range Checks() {
		found = append(found, check(ctx, c)...)
	}
	return found
}

// one is a single finding, as a Check returns it.
func one(object, cause, fix string) []Finding { return []Finding{{object, cause, fix}} }
