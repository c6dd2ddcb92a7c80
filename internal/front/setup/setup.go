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
	"caduceus/internal/identity"

	"caduceus/internal/held"
)

// Env is what setup is given by its caller.
type Env struct {
	Environ        env.Environ // of the container, as with-contenv gives it
	Stdout, Stderr io.Writer
	Root           string // prefix of every path; "" is the real root
}

// job is one run of setup: what is known, and where lines go.
type job struct {
	Env
	home   string           // H
	hermes identity.Account // after the remap
	start  int              // effective uid of the start

	dotenv map[string]string // what H/.env says
}

// step is one thing that setup does. Its error becomes a warning.
type step struct {
	name string
	do   func(ctx context.Context, v *volume) error
}

// hermesSteps are done with the file rights of hermes, in order.
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

// Run is cont-init 01. It returns 0 unless the account of hermes is missing altogether.
//
// contract: SETUP-01, RUN-04
func Run(ctx context.Context, e Env) int {
	j := &job{Env: e, start: os.Geteuid()}
	home, notice := profile.ParseHome(j.Environ)
	j.home = string(home)
	if notice != "" {
		j.warn("%s", notice)
	}
	if j.Environ.Value(env.Home) != j.home { // an empty one, too: the agent would take another directory
		j.export(env.Home, j.home)
	}
	j.warnAboutSwitches()
	j.warnAboutNames()

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
	j.say("Setup complete; starting user services")
	return 0
}

// asHermes does the steps of the volume, unless it cannot be written: then one line says why, and
// there is nothing more to try.
func (j *job) asHermes(ctx context.Context) {
	if j.start != 0 {
		j.makeHome()
	}
	if err := j.probe(); err != nil {
		j.warn("%s", j.notWritable(err))
		return
	}
	j.onVolume(ctx, true, j.hermesSteps())
}

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

// makeHome creates H. As root its missing parents are root's, and H itself is hermes'.
//
// contract: ENV-08
func (j *job) makeHome() {
	path := j.real(j.home)
	if _, err := os.Lstat(path); err == nil {
		return
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.Mkdir(path, 0o755)
	}
	if err == nil && j.start == 0 {
		err = os.Lchown(path, int(j.hermes.UID), int(j.hermes.GID))
	}
	if err != nil {
		j.warn("cannot create %q: %v", j.home, cause(err))
	}
}

// real is where path is on this system.
func (j *job) real(path string) string { return filepath.Join("/", j.Root, path) }

// shown is the reverse of real.
func (j *job) shown(path string) string {
	return strings.TrimPrefix(path, strings.TrimSuffix(j.real("/"), "/"))
}

func (j *job) say(format string, args ...any) {
	fmt.Fprintf(j.Stdout, "[stage2] "+format+"\n", args...)
}

func (j *job) warn(format string, args ...any) { j.say("Warning: "+format, args...) }

// refuse is the line for a target that a symlink could lead elsewhere.
//
// contract: SETUP-15
func (j *job) refuse(action, path string) {
	j.warn("refusing %s through symlinked path %s — continuing", action, path)
}

// cause strips the operation and path that a line names already.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
