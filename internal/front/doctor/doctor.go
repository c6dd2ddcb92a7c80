package doctor

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/versions"
	"caduceus/internal/front/wanted"
	"caduceus/internal/identity"
)

// Finding is one thing that is wrong with the container.
type Finding struct {
	Object string `json:"object" schema:"pattern=.;doc=what is wrong"`
	Cause  string `json:"cause" schema:"pattern=.;doc=why"`
	Fix    string `json:"fix" schema:"pattern=.;doc=how to fix it"`
}

// Container is what the checks look at.
type Container struct {
	Root    string      // prefix of the image's paths, for tests; "" is /
	Environ env.Environ // as the user gave it
	UID     int         // effective, of who looks

	Capabilities uint64 // of who looks, before that takes the file rights of hermes

	WorkDir string // of who looks; docker exec begins in that of docker run
	Home    profile.Home
	Scandir gateway.Scandir
	Mounts  []mounts.Mount // empty where the kernel does not say

	NoBoot  bool   // the container was started to be looked at: nothing is supervised, and nobody has repaired the volume
	Refused string // why /init would not have started

	Supervised  bool                 // an init supervises Scandir
	NoGateways  bool                 // CMD is a dashboard's, so no profile has a slot
	Supervisors []bootrecord.Problem // what is wrong with who supervises
	Gateways    []gateway.Report     // of those that somebody wants up
	AskedFor    []wanted.Verdict     // these, and all else that somebody asked for
	Parts       []versions.Part      // the agent and what lies below it
	Now         time.Time
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
		refusal,
		startUser,
		supervision,
		agent,
		below,
		hiddenImage,
		refusedHome,
		closedHome,
		strayMounts,
		variableNames,
		switches,
		goneFiles,
		account,
		readOnlyVolume,
		volume,
		sharedVolume,
		strangers,
		pathOrder,
		ping,
		sandboxPaths,
		profileNames,
		profiles,
		migrations,
		gatewayLogs,
		roomForLogs,
		askedFor,
		pidsLimit,
	}
}

// Notes lists kinds of what works, and may be other than somebody thinks.
//
// contract: STATUS-04, STATUS-07
func Notes() []Check {
	return []Check{
		passingHome,
		othersFiles,
		projects,
		noGateway,
		noModel,
		noPlatform,
		lastEnds,
		apiServer,
		dashboardPort,
		inherited,
	}
}

// AtBoot lists the kinds of which the boot says the same, as a warning. What else keeps a boot from its work has a line
// where it happens.
func AtBoot() []Check {
	return []Check{hiddenImage, closedHome, readOnlyVolume, strayMounts, goneFiles, strangers, sandboxPaths}
}

// NotesAtBoot lists the notes that the boot has, too.
func NotesAtBoot() []Check { return []Check{passingHome, othersFiles} }

// Find returns what checks find, never nil. Root looks with the file rights of hermes: what it prints may not be what
// hermes could not read.
func Find(ctx context.Context, c Container, checks []Check) []Finding {
	found := []Finding{}
	look := func() {
		for _, check := range checks {
			found = append(found, check(ctx, c)...)
		}
	}
	account, err := c.account()
	if c.UID != 0 || c.Root != "" || err != nil || identity.As(account, look) != nil {
		look()
	}
	for i, f := range found {
		found[i] = Finding{printable(f.Object), printable(f.Cause), printable(f.Fix)}
	}
	return found
}

// printable returns text on lines of its own, without what a terminal would obey, and cut short where it is huge: names on
// the volume are in it.
func printable(text string) string {
	const most = 2000 // bytes
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || strconv.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// one is a single finding, as a Check returns it.
func one(object, cause, fix string) []Finding { return []Finding{{object, cause, fix}} }
