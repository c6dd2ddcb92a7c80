package reconcile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/bootlog"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/inherit"
	"caduceus/internal/front/place"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// Options is what a run is given.
type Options struct {
	Environ        env.Environ
	Account        identity.Account // the owner of slots
	Stdout, Stderr io.Writer
	Now            func() time.Time
	CommandFile    string // "": env.CommandFile
}

// Run is the boot script 02-reconcile-profiles. It returns the exit code: 0, or 1 if a slot could not be
// registered. A state file that is corrupt or a log that cannot be written is a warning.
//
// contract: REC-02
func Run(o Options) int {
	r := newRun(o)
	r.notice()
	var in Input
	if !r.onVolume(func() { in = r.read() }) {
		in = r.read()
	}
	if in.Command.Dashboard {
		fmt.Fprintln(o.Stdout, "reconcile: skipping (dashboard container — does not need per-profile gateways)")
		return 0
	}
	r.onVolume(func() { in.Elsewhere = r.lookWhoHolds() })
	code := 0
	var done []Action
	for _, a := range Plan(in) {
		if err := r.apply(a); err != nil {
			r.warn(err)
			code = 1
			continue
		}
		done = append(done, a)
		fmt.Fprintf(o.Stdout, "reconcile: %s\n", a)
		if a.Start {
			r.sayWithheld(a.Profile)
		}
	}
	r.onVolume(func() {
		if err := bootlog.Append(r.home.Root(), bootlog.Profiles, lines(o.Now(), done)); err != nil {
			r.warn(fmt.Errorf("cannot write the boot log: %w", err))
		}
	})
	return code
}

// lines are those of the boot log, one for each action.
//
// contract: STATE-09
func lines(now time.Time, actions []Action) []byte {
	var lines bytes.Buffer
	for _, a := range actions {
		fmt.Fprintf(&lines, "%s %s prior_exit=%s\n", now.Format("2006-01-02T15:04:05-0700"), a, a.Exit)
	}
	return lines.Bytes()
}

// sayWithheld says what of the container's variables a gateway that starts does not inherit.
//
// contract: INH-03
func (r run) sayWithheld(name string) {
	of := inherit.Open("", r.home)
	r.onVolume(func() {
		if cause := of.Cause(name); cause != "" {
			fmt.Fprintf(r.Stderr, "reconcile: profile %s: %s. If that is not what you want: %s\n", name, cause, of.Fix(name))
		}
	})
}

// lookWhoHolds looks whether another container uses the volume, and reports whether that one has its gateways.
func (r *run) lookWhoHolds() (elsewhere bool) {
	other, found := volumelock.OtherIn("", r.home.Root())
	r.shared = found
	return found && other.Trusted && !env.AllowSharedVolume.On(r.Environ)
}

// Wants reports whether this container is to run a gateway, as far as its user may know, and reads no more than that.
//
// contract: HOLD-01
func Wants(o Options) bool {
	o.Stderr = io.Discard // the boot names what is wrong when it acts
	r := newRun(o)
	wanted := false
	r.onVolume(func() { wanted = wants(r.read()) })
	return wanted
}

// onVolume does something with the file rights of hermes: the volume is its own, and root may have no
// rights on it, or too many. It reports whether those rights could be had; else nothing was done.
func (r run) onVolume(do func()) bool {
	err := identity.As(r.Account, do)
	if err != nil {
		r.warn(err)
	}
	return err == nil
}

// String is the action as stdout and, after a time, the boot log have it.
//
// contract: STATE-10
func (a Action) String() string {
	word := "registered"
	if a.Start {
		word = "started"
	}
	return fmt.Sprintf("profile=%s prior_state=%s action=%s", a.Profile, oneWord(a.Prior), word)
}

// oneWord keeps a state from a foreign file on its line and in its field.
func oneWord(state string) string {
	switch {
	case state == "":
		return "None"
	case strings.ContainsFunc(state, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Sprintf("%q", state)
	}
	return state
}

type run struct {
	Options
	home    profile.Home
	scandir gateway.Scandir
	notices []string
	shared  bool   // another container uses the volume
	only    string // "", or the profile to look at, beside the default one
}

func newRun(o Options) run {
	if o.CommandFile == "" {
		o.CommandFile = env.CommandFile
	}
	home, ofHome := profile.ParseHome(o.Environ)
	path, ofScandir := gateway.ScandirPath(o.Environ)
	return run{
		Options: o, home: home, scandir: gateway.Scandir{Path: path, Account: o.Account},
		notices: []string{ofHome, ofScandir},
	}
}

// notice names the variables whose value is not used.
func (r run) notice() {
	for _, notice := range r.notices {
		if notice != "" {
			r.warn(errors.New(notice))
		}
	}
}

func (r run) warn(err error) { fmt.Fprintf(r.Stderr, "reconcile: warning: %v\n", err) }

func (r run) read() Input {
	in := Input{
		Command: ParseCommand(r.commandWords(), func(s profile.Selection) (string, error) {
			return profile.Resolve(s, r.home, false)
		}),
		OptOut:      env.NoSupervise.On(r.Environ),
		MachineBoot: procfs.MachineBoot(procfs.Root),
	}
	if in.Command.Dashboard {
		return in
	}
	names, warnings := r.home.Names()
	if r.only != "" {
		warnings = nil
	}
	for _, w := range warnings {
		r.warn(errors.New(w))
	}
	for _, name := range names {
		if r.only != "" && name != r.only && name != profile.Default {
			continue
		}
		facts, config := r.facts(name)
		in.Profiles = append(in.Profiles, facts)
		if name == profile.Default {
			in.Multiplex = r.multiplex(config)
		}
	}
	return in
}

func (r run) facts(name string) (Facts, profile.Config) {
	dir := r.home.Dir(name)
	f := Facts{Name: name, HasFile: profile.HasState(dir)}
	var err error
	if f.State, err = profile.ReadState(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.warn(fmt.Errorf("profile %s counts as without state: %w", name, err))
	}
	if f.Intent, err = profile.ReadIntent(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.warn(fmt.Errorf("profile %s counts as without intent: %w", name, err))
	}
	if _, err := os.Lstat(filepath.Join(dir, ".clean_shutdown")); err == nil {
		f.Clean = true
	}
	config, err := profile.ReadConfig(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.warn(err)
	}
	f.KillTime = config.DrainTimeout
	return f, config
}

// multiplex reports whether one gateway serves all profiles: the variable decides where it says yes or no,
// else the configuration.
//
// contract: REC-09
func (r run) multiplex(config profile.Config) bool {
	value := r.Environ.Value(env.MultiplexProfiles)
	switch {
	case env.MultiplexProfiles.Yes(value):
		return true
	case strings.TrimSpace(value) == "":
		return config.Multiplex
	case env.No(value):
		return false
	}
	r.warn(fmt.Errorf("%s=%s is neither true nor false; using config.yaml (%t)", env.MultiplexProfiles, env.Shown(value), config.Multiplex))
	return config.Multiplex
}

// MakeScandir makes a scandir of the operator's choice and gives it to hermes, so that front and agent can register
// slots. The init makes the usual one.
//
// contract: REC-02
func MakeScandir(o Options) {
	r := newRun(o)
	if r.scandir.Path == env.Scandir.Default() {
		return
	}
	if err := r.makeScandir(); err != nil {
		r.warn(err)
	}
}

// makeScandir makes the scandir and gives it to hermes. Where hermes could exchange an element of its path, hermes
// makes it with its own rights.
//
// contract: ENV-14
func (r run) makeScandir() error {
	if os.Geteuid() != 0 {
		return os.MkdirAll(r.scandir.Path, 0o755)
	}
	kind := place.Kind{Has: func(name string) bool { return name == s6.SvscanDir || strings.HasPrefix(name, profile.SlotPrefix) }}
	t, err := kind.Find("", r.scandir.Path, r.Account.UID)
	if errors.Is(err, held.ErrHands) {
		var made error
		err := identity.As(r.Account, func() { made = os.MkdirAll(r.scandir.Path, 0o755) })
		return errors.Join(err, made)
	}
	if err != nil {
		return fmt.Errorf("%s=%s is left as it is: %w", env.Scandir, env.Shown(r.scandir.Path), err)
	}
	defer func() { _ = t.Dir.Close() }() // nothing was written through it
	if t.Missing == "" {
		return identity.Give(t.Dir, ".", r.Account, 0o755)
	}
	if err := t.Dir.MakeDirs(t.Missing, 0o755); err != nil {
		return err
	}
	return identity.Give(t.Dir, t.Missing, r.Account, 0o755)
}

// apply makes one slot. One that is supervised already, as when the step is called by hand in a live
// container, is left as it is.
func (r run) apply(a Action) error {
	if live, err := s6.Supervised(r.scandir.Dir(a.Profile)); err == nil && live {
		return nil
	}
	r.onVolume(func() { r.prepare(a) })
	return r.scandir.Publish(a.slot(), true)
}

func (a Action) slot() gateway.Slot {
	return gateway.Slot{Profile: a.Profile, Up: a.Start, KillTimeout: a.KillTime}
}

// prepare readies a profile's directory for a gateway, before there is a slot that could start it. Beside
// another container nothing is stale. A volume that takes no record does not keep the gateway down.
//
// contract: STATE-08
func (r run) prepare(a Action) {
	dir := r.home.Dir(a.Profile)
	if !r.shared {
		r.removeStale(dir)
	}
	if !a.Record {
		return
	}
	if err := r.record(dir, a.Migrate); err != nil {
		reason := strings.ReplaceAll(err.Error(), "\n", "; ")
		r.warn(fmt.Errorf("cannot record that gateway %q is wanted up: %s", a.Profile, reason))
	}
}

// record keeps in a profile's directory that its gateway is wanted. A migration makes the state file, and
// makes it first: without one the intent would pass for a request, and the file would never be made.
func (r run) record(dir string, migrate bool) error {
	if !migrate {
		return profile.Record(dir, profile.Up, r.Now())
	}
	return errors.Join(
		profile.WriteState(dir, map[string]any{
			"gateway_state": profile.Running,
			"desired_state": profile.Running,
			"timestamp":     r.Now().Unix(),
			"migrated_from": "legacy-container-cmd",
		}),
		profile.WriteIntent(dir, profile.Intent{Want: profile.Up, At: r.Now()}),
	)
}

func (r run) removeStale(dir string) {
	for _, name := range []string{"gateway.pid", "processes.json"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.warn(fmt.Errorf("cannot remove stale file: %w", err))
		}
	}
}
