package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// Env is the surroundings of a run.
type Env struct {
	Environ        env.Environ // of the container, as with-contenv gives it
	Stdout, Stderr io.Writer
	Root           string // prefix of every path, for tests; "" is /
}

// job is one run of setup.
type job struct {
	Env
	home   string           // HERMES_HOME, where the volume is
	hermes identity.Account // with the new ids once remap has run
	start  int              // effective uid at the start

	dotenv map[string]string // variables of .env in home, once checkDotenv has run
}

// step is one thing that setup does in the volume. Its error becomes a warning.
type step struct {
	name string
	do   func(ctx context.Context, v *volume) error
}

// hermesSteps returns the steps that need no more than the file rights of hermes, in their order.
func (j *job) hermesSteps() []step {
	return []step{
		{"directories", j.makeDirectories},
		{"seeds", j.seedFiles},
		{"modes", j.setModes},
		{"install method", j.dropInstallMethod},
		{"sign-in", j.bootstrapAuth},
		{"gateway state", j.bootstrapGateway},
		{"keys", j.checkDotenv},
		{"link", j.linkCommand},
		{"node", j.warnAboutNode},
		{"whatsapp bridge", j.refreshBridges},
		{"configuration", j.migrateConfig},
		{"skills", j.syncSkills},
	}
}

// Run is the boot script 01. It returns its exit code: 1 if there is no account hermes, else 0.
//
// contract: SETUP-01
func Run(ctx context.Context, e Env) int {
	j := &job{Env: e, start: os.Geteuid()}
	home, notice := profile.ParseHome(j.Environ)
	j.home = string(home)
	if notice != "" {
		j.warn("%s", notice)
	}
	if j.Environ.Value(env.Home) != j.home { // also if it is empty: the agent would then use another directory
		j.export(env.Home, j.home)
	}
	j.warnAboutSwitches()
	j.warnAboutNames()
	rights := j.lookForRights()

	db, err := identity.Open(e.Root)
	if err == nil {
		j.hermes, err = db.Account(identity.Hermes)
	}
	if err != nil {
		fmt.Fprintf(e.Stderr, "[stage2] ERROR: %v\n", err)
		return 1
	}
	if j.start == 0 {
		j.remap(db)
		j.makeHome()
		j.onVolume(ctx, false, []step{{"ownership", j.repairOwnership}})
	} else {
		j.reportIgnored()
	}
	j.warnAboutFileSystem()
	j.warnAboutOtherContainer()
	if err := identity.As(j.hermes, func() { j.asHermes(ctx) }); err != nil {
		j.warn("%v; the volume is left as it is", err)
	}
	j.findBrowser()
	j.warnAboutRights(<-rights)
	j.say("Setup complete; starting user services")
	return 0
}

// asHermes does hermesSteps. If the volume cannot be written, it only warns: each step would fail for that one reason.
func (j *job) asHermes(ctx context.Context) {
	if j.start != 0 {
		j.makeHome()
	}
	if err := j.tryWrite(); err != nil {
		j.warn("%s", j.notWritable(err))
		return
	}
	j.onVolume(ctx, true, j.hermesSteps())
}

// onVolume does steps in home. follow is as in openVolume.
func (j *job) onVolume(ctx context.Context, follow bool, steps []step) {
	v, err := openVolume(j.Root, j.home, follow)
	if errors.Is(err, held.ErrLink) {
		j.refuse("recursive chown", j.home)
		return
	}
	if err != nil {
		j.warn("%v", err)
		return
	}
	defer func() { _ = v.Close() }()
	for _, s := range steps {
		if err := s.do(ctx, v); err != nil {
			j.warn("%s: %s", s.name, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
}

// makeHome creates home and its parents, if home is missing. If root does, home is given to hermes, its parents are not.
//
// contract: ENV-08
func (j *job) makeHome() {
	if _, err := os.Lstat(j.inRoot(j.home)); err == nil {
		return
	}
	if err := j.createHome(); err != nil {
		j.warn("cannot create %q: %v", j.home, cause(err))
	}
}

// createHome follows no link that hermes can have made: home may be below a directory of hermes.
func (j *job) createHome() error {
	root, err := held.Open(j.inRoot("/"), held.FollowOwn)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	home := strings.TrimPrefix(j.home, "/")
	if err := root.MakeDirs(home, 0o755); err != nil {
		return err
	}
	if j.start != 0 {
		return nil
	}
	return root.Chown(home, int(j.hermes.UID), int(j.hermes.GID))
}

// inRoot returns path with the prefix Root.
func (j *job) inRoot(path string) string { return filepath.Join("/", j.Root, path) }

// withoutRoot returns path without the prefix Root, for messages.
func (j *job) withoutRoot(path string) string {
	return strings.TrimPrefix(path, strings.TrimSuffix(j.inRoot("/"), "/"))
}

func (j *job) say(format string, args ...any) {
	fmt.Fprintf(j.Stdout, "[stage2] "+format+"\n", args...)
}

func (j *job) warn(format string, args ...any) { j.say("Warning: "+format, args...) }

// refuse warns that action is not done to path, because a symbolic link could lead it elsewhere.
//
// contract: SETUP-15
func (j *job) refuse(action, path string) {
	j.warn("refusing %s through symlinked path %s — continuing", action, path)
}

// cause unwraps an error once, as its outer part names action and path, which the message has already.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
