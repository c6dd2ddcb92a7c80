package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"caduceus/internal/identity"
	"caduceus/internal/profile"
)

const doctorSchema = "caduceus.doctor/v1"

// doctorReport is what doctor prints with --json.
type doctorReport struct {
	Schema   string    `json:"schema"`
	Findings []finding `json:"findings"`
}

// finding is one thing that is wrong with the container.
type finding struct {
	Object string `json:"object" schema:"pattern=.;doc=what is wrong"`
	Cause  string `json:"cause" schema:"pattern=.;doc=why"`
	Fix    string `json:"fix" schema:"pattern=.;doc=what mends it"`
}

// containerDoctor says what is wrong and how to mend it.
//
// contract: STATUS-04
func (a *app) containerDoctor() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "List what is wrong with this container, each with its cause and a fix",
		Long:    "List what is wrong with this container, each with its cause and a fix.\n\nExit codes: 0 nothing, 1 something.",
		Example: "  docker exec hermes hermes container doctor",
		Args:    a.noArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+doctorSchema)
	cmd.RunE = func(*cobra.Command, []string) error {
		findings := a.findings()
		switch {
		case *asJSON:
			if err := json.NewEncoder(a.Stdout).Encode(doctorReport{doctorSchema, findings}); err != nil {
				return err
			}
		case len(findings) == 0:
			a.print("✓ nothing found")
		default:
			for _, f := range findings {
				a.print("✗ %s: %s\n  fix: %s", f.Object, f.Cause, f.Fix)
			}
		}
		if len(findings) > 0 {
			return exitCode(1)
		}
		return nil
	}
	return cmd
}

// findings looks at the init, the volume, the agent, and each profile's gateway.
func (a *app) findings() []finding {
	found := []finding{}
	add := func(object, cause, fix string) { found = append(found, finding{object, cause, fix}) }
	if !a.initRuns() {
		add("init", "nothing supervises "+a.scandir.Path, "start the container with the image's own entry point")
	}
	if err := executable(a.path(agentPath)); err != nil {
		add(agentPath, err.Error(), "use an image whose agent is complete")
	}
	if _, notice := profile.ParseHome(a.getenv("HERMES_HOME")); notice != "" {
		add("HERMES_HOME", notice, "set an absolute path")
	}
	a.findOwner(add)
	names, warnings := a.home.Names()
	for _, w := range warnings {
		add("profiles", w, "rename or remove that directory")
	}
	for _, name := range names {
		if _, err := profile.ReadState(a.home.Dir(name)); err != nil {
			add("profile "+name, err.Error(), command(name, "gateway start")+" writes it anew")
		}
		if a.initRuns() && !a.scandir.Has(name) {
			add("profile "+name, "it has no gateway slot", "docker restart this container")
		}
	}
	for _, r := range a.wantedUp() {
		if ok, reason := judge(r); !ok {
			add(r.Slot, reason, "docker logs this container; then "+command(r.Profile, "gateway restart"))
		}
	}
	return found
}

// findOwner looks at who owns the volume's directory.
func (a *app) findOwner(add func(object, cause, fix string)) {
	account, err := a.account()
	if err != nil {
		add("user "+identity.Hermes, err.Error(), "keep the image's /etc/passwd")
		return
	}
	root := a.home.Root()
	info, err := os.Stat(root)
	if err != nil {
		add(root, err.Error(), "mount a volume there")
		return
	}
	if uid, ok := ownerOf(info); ok && uid != account.UID {
		add(root, "it does not belong to user hermes", "start as root, with HERMES_UID and HERMES_GID set to its owner's ids")
	}
}

// ownerOf is the uid that owns a file.
func ownerOf(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
