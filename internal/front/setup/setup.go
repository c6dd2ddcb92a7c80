package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/doctor"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// Env is the surroundings of a run.
type Env struct {
	Environ        env.Environ // of the container, as with-contenv gives it
	Stdout, Stderr io.Writer
	Root           string // prefix of every path, for tests; "" is /

	// OwnProfile names the container's own profile below a home, with the file rights of hermes; nil: nobody knows it.
	OwnProfile func(profile.Home) string
	// WantsGateway reports whether this container is to run a gateway, for this user; nil: it is not.
	WantsGateway func(hermes identity.Account) bool

	LookLimit time.Duration // how long root looks through the volume without finding anything to repair; 0: a minute
}

// job is one run of setup.
type job struct {
	Env
	home   string           // HERMES_HOME, where the volume is
	trail  *held.Trail      // the way to the root of home; nil if root is to leave that alone
	hermes identity.Account // with the new ids once remap has run
	start  int              // effective uid at the start

	remembered identity.Owner  // what hermes had in the account file of this container
	mounts     map[string]bool // mount points that a line has named

	elsewhere bool // another container has the volume, and its files stay as they are

	unusable map[string]bool // files of home that checkFiles has named
	own      string          // the container's own profile

	seenSkills *names            // of the volume's skills, until syncSkills has used them; nil: nobody has looked
	dotenv     map[string]string // variables of .env in home, once checkDotenv has run
}

// step is one thing that setup does in the volume. Its error becomes a warning.
type step struct {
	name string
	do   func(ctx context.Context, v *volume) error
}

// hermesSteps returns the steps that need no more than the file rights of hermes, in their order.
func (j *job) hermesSteps() []step {
	return []step{
		{"temporaries", j.removeTemporaries},
		{"directories", j.makeDirectories},
		{"tool caches", j.placeCaches},
		{"files", j.checkFiles},
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
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // or the steps wait until the look lets go of a processor
	rights := j.lookForRights()
	db, err := identity.Open(e.Root)
	if err == nil {
		j.hermes, err = db.Account(identity.Hermes)
	}
	if err != nil {
		fmt.Fprintf(e.Stderr, "[stage2] ERROR: %v\n", err)
		return 1
	}
	j.remembered = identity.Owner{UID: j.hermes.UID, GID: j.hermes.GID}
	j.chooseHome()
	j.warnAboutSwitches()
	j.warnAboutNames()
	if j.start == 0 {
		j.remap(db)
		_ = db.EmptyForPrograms() // without a writable /run the boot has said so
	} else {
		j.reportIgnored()
		j.nameUser(db)
	}
	leave := j.enter(ctx)
	defer leave()
	j.namePlaces(ctx)
	j.fitVariables()
	j.findOwnProfile()
	j.warnAboutFileSystem()
	if err := identity.As(j.hermes, func() { j.asHermes(ctx) }); err != nil {
		j.warn("%v; the volume is left as it is", err)
	}
	j.findBrowser()
	j.warnAboutRights(<-rights)
	j.say("Setup complete; starting user services")
	return 0
}

// enter takes the volume for this boot, and as root makes it and repairs its ownership, unless root is to leave it alone. It
// returns what lets the next boot in.
func (j *job) enter(ctx context.Context) (leave func()) {
	var v *volume
	var err error
	switch {
	case j.start != 0:
		v, err = openVolume(j.Root, profile.Home(j.home).Root())
		if errors.Is(err, fs.ErrNotExist) {
			return func() {} // asHermes makes it
		}
	case j.trail == nil:
		return func() {}
	default:
		v, err = j.openAnchor()
	}
	if err != nil {
		j.warn("%v", err)
		return func() {}
	}
	defer func() { _ = v.Close() }()
	leave = j.enterVolume(ctx, v.Dir)
	if j.start == 0 && !j.elsewhere {
		j.doSteps(ctx, v, []step{{"mounts", j.giveEmptyMounts}, {"ownership", j.repairOwnership}})
	}
	return leave
}

// asHermes does hermesSteps, or only looks, if another container has the volume. If the volume cannot be written, it only
// warns: each step would fail for that one reason.
func (j *job) asHermes(ctx context.Context) {
	j.makeHome()
	if err := j.tryWrite(); err != nil {
		if doctor.Closed(j.inRoot(j.home)) == "" && !errors.Is(err, unix.EROFS) { // else namePlaces has said so
			j.warn("%s", j.notWritable(err))
		}
		return
	}
	v, err := openVolume(j.Root, j.home)
	if err != nil {
		j.warn("%v", err)
		return
	}
	defer func() { _ = v.Close() }()
	steps := j.hermesSteps()
	if j.elsewhere {
		steps = []step{ // they look, and make what this container's tools need
			{"tool caches", j.placeCaches},
			{"files", j.checkFiles},
			{"keys", j.checkDotenv},
			{"node", j.warnAboutNode},
		}
	}
	j.doSteps(ctx, v, steps)
}

func (j *job) doSteps(ctx context.Context, v *volume, steps []step) {
	for _, s := range steps {
		if err := s.do(ctx, v); err != nil {
			j.warn("%s: %s", s.name, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
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

// warn says what somebody should mend. On a terminal it is all that is shown of a boot (contract: BOOT-22).
func (j *job) warn(format string, args ...any) {
	fmt.Fprintf(j.Stderr, "[stage2] Warning: "+format+"\n", args...)
}

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
