package checks

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"caduceus/tests/docker/harness"
)

// stateFile is a gateway's recorded state in dir.
func stateFile(dir, content string) harness.File {
	return harness.File{Path: dir + "/gateway_state.json", Content: content}.Hermes()
}

// restartChecks restart containers and look at what came back.
// contract: GW-15 GW-16 REC-03 REC-04 REC-05 REC-06 RCP-19 STATE-06 STATE-07 STATE-09 STATE-12
func restartChecks() []Check {
	return []Check{
		{
			Name: "docker restart brings back what ran and leaves what was stopped", Clauses: []string{"RCP-19", "GW-15", "REC-05", "STATE-06", "STATE-09"},
			Doc: "two profiles, one running, one started and stopped again; docker restart", Run: restartProfiles,
		},
		{
			Name: "a boot with gateway run starts even a stopped gateway", Clauses: []string{"GW-16"},
			Doc: "gateway run, hermes gateway stop, docker restart", Run: restartStopped,
		},
		{
			Name: "recorded states decide what starts, broken ones start nothing", Clauses: []string{"REC-03", "REC-04", "REC-05", "REC-06", "STATE-07", "STATE-12"},
			Doc: "boots an idle container on a volume with one profile for each kind of state file", Run: recordedStates,
		},
		{
			Name: "state files that are foreign, links or of a later version survive a boot and are named", Clauses: []string{"REC-06"},
			Doc: "boots on a volume with a profile for each kind", Run: oddStates,
		},
	}
}

func restartProfiles(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"profile", "create", "runs"},
		{"profile", "create", "stopped"},
		{"-p", "runs", "gateway", "start"},
		{"-p", "stopped", "gateway", "start"},
	} {
		res, err := c.Hermes(ctx, args...)
		if err != nil || res.Code != 0 {
			return fmt.Errorf("cannot prepare by hermes %q: %s (%w)", args, res, err)
		}
	}
	for _, p := range []string{"runs", "stopped"} {
		if err := recordedRunning(ctx, c, "/opt/data/profiles/"+p); err != nil {
			return err
		}
	}
	if err := quiet(ctx, c, "-p", "stopped", "gateway", "stop"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-stopped", "down", verbLimit, down); err != nil {
		return err
	}
	if err := c.Restart(ctx); err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return broken("RCP-19", err)
	}
	_, err = c.WaitSlot(ctx, "gateway-runs", "up and wanted up", verbLimit, up)
	errs := []error{broken("RCP-19", err)}
	slot, err := c.Slot(ctx, "gateway-stopped")
	if err != nil || slot.Up || slot.WantedUp {
		errs = append(errs, violates("GW-15", "want the stopped profile's slot there and down, got %v (%v)", slot, err))
	}
	log, err := c.Sh(ctx, `tail -n 3 /opt/data/logs/container-boot.log`)
	if err != nil {
		return err
	}
	for _, want := range []string{
		`profile=default prior_state=None action=registered`,
		`profile=runs prior_state=running action=started`,
		`profile=stopped prior_state=stopped action=registered`,
	} {
		if !regexp.MustCompile(want).MatchString(log.Stdout) {
			errs = append(errs, violates("STATE-09", "no %q in the last lines of the boot log: %s", want, log))
		}
	}
	_, err = c.WaitProcess(ctx, `-p runs gateway run`, 0, gatewayLimit)
	return errors.Join(append(errs, broken("STATE-06", err))...)
}

func restartStopped(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	if err := quiet(ctx, c, "gateway", "stop"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-default", "down", verbLimit, down); err != nil {
		return broken("GW-08", err)
	}
	if running, err := c.Running(ctx); err != nil || !running {
		return violates("GW-01", "want the container to live on without its gateway (%v)", err)
	}
	if err := c.Restart(ctx); err != nil {
		return err
	}
	_, err = c.WaitSlot(ctx, "gateway-default", "up and wanted up", bootLimit, up)
	return broken("GW-16", err)
}

// recorded is a profile with a state file and what a boot makes of it.
type recorded struct {
	name, state string // state "-": no file
	prior       string
	started     bool
}

func recordedProfiles() []recorded {
	return []recorded{
		{"a-running", `{"gateway_state":"running"}`, "running", true},
		{"b-draining", `{"gateway_state":"draining"}`, "running", true},
		{"c-degraded", `{"gateway_state":"degraded"}`, "running", true},
		{"d-stopped", `{"gateway_state":"stopped"}`, "stopped", false},
		{"e-wanted", `{"gateway_state":"stopped","desired_state":"running"}`, "running", true},
		{"f-unwanted", `{"gateway_state":"running","desired_state":"stopped"}`, "stopped", false},
		{"g-failed", `{"gateway_state":"startup_failed"}`, "startup_failed", false},
		{"h-missing", "-", "None", false},
		{"i-empty", "", "None", false},
		{"j-corrupt", `{"gateway_state":"runn`, "None", false},
		{"k-list", `["running"]`, "None", false},
	}
}

// recordedStates needs no gateway to come up: an idle container registers
// slots as their state files say.
func recordedStates(ctx context.Context, s *harness.Subject) error {
	files := []harness.File{harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes()}
	profile := func(name string) {
		dir := "/opt/data/profiles/" + name
		files = append(files, harness.File{Path: dir, Dir: true}.Hermes(),
			harness.File{Path: dir + "/SOUL.md", Content: "probe\n"}.Hermes())
	}
	for _, p := range recordedProfiles() {
		profile(p.name)
		dir := "/opt/data/profiles/" + p.name
		if p.state != "-" {
			files = append(files, stateFile(dir, p.state))
		}
		for _, stale := range []string{"gateway.pid", "processes.json"} {
			files = append(files, harness.File{Path: dir + "/" + stale, Content: `{"pid": 1}`}.Hermes())
		}
	}
	profile("Bad.Name")
	files = append(files, harness.File{Path: "/opt/data/profiles/no-soul", Dir: true}.Hermes())
	c, err := startIdle(ctx, s, harness.Spec{Files: files})
	if err != nil {
		return broken("REC-06", err)
	}
	log, err := c.Sh(ctx, `cat /opt/data/logs/container-boot.log`)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range recordedProfiles() {
		action := "registered"
		if p.started {
			action = "started"
		}
		line := fmt.Sprintf(`profile=%s prior_state=%s action=%s\b`, p.name, p.prior, action)
		if !regexp.MustCompile(line).MatchString(log.Stdout) {
			errs = append(errs, violates("REC-05", "no %q in the boot log: %s", line, log))
		}
	}
	for _, p := range []string{"Bad.Name", "no-soul"} {
		if regexp.MustCompile(`profile=` + regexp.QuoteMeta(p)).MatchString(log.Stdout) {
			errs = append(errs, violates("REC-04", "profile %q was taken: %s", p, log))
		}
	}
	// A gateway that came up writes its own; the stopped ones must have none.
	left, err := c.Sh(ctx, `cd /opt/data/profiles && ls [dfghijk]-*/gateway.pid [dfghijk]-*/processes.json 2>/dev/null`)
	if err == nil && left.Stdout != "" {
		err = violates("STATE-12", "stale files are left: %s", left.Stdout)
	}
	return errors.Join(append(errs, err)...)
}

// oddStates boots on state files that neither the front nor this agent made.
func oddStates(ctx context.Context, s *harness.Subject) error {
	files := []harness.File{
		harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes(),
		{Path: "/srv/victim.json", Content: `{"gateway_state":"running"}`, Mode: 0o644},
	}
	later := `{"version":99,"gateway_state":{"is":"running"},"desired_state":"hibernate","updated_at":"later","platforms":[7]}`
	for name, state := range map[string]harness.File{
		"foreign": {Content: `{"gateway_state":"running"}`, Mode: 0o600, UID: 4000, GID: 4000},
		"linked":  {Link: "/srv/victim.json"},
		"dangles": {Link: "/srv/none.json"},
		"later":   {Content: later},
		"intent":  {Content: `{"gateway_state":"running"}`},
	} {
		dir := "/opt/data/profiles/" + name
		state.Path = dir + "/gateway_state.json"
		if state.UID == 0 {
			state = state.Hermes()
		}
		files = append(files, harness.File{Path: dir, Dir: true}.Hermes(), harness.File{Path: dir + "/SOUL.md", Content: "probe\n"}.Hermes(), state)
	}
	files = append(files, harness.File{
		Path: "/opt/data/profiles/intent/.gateway_intent.json", Content: `{"version":99,"want":"hibernate","at":{"s":1}}`,
	}.Hermes())
	c, err := startIdle(ctx, s, harness.Spec{Files: files})
	if err != nil {
		return broken("REC-06", err)
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, line := range []string{
		`profile=foreign prior_state=running action=started`, // setup made it hermes'
		`profile=linked prior_state=None action=registered`,
		`warning: profile linked counts as without state: .*gateway_state\.json`,
		`profile=dangles prior_state=None action=registered`,
		`warning: profile dangles counts as without state: .*gateway_state\.json`,
		`profile=later prior_state=hibernate action=registered`,
		`profile=intent prior_state=running action=started`,
		`warning: profile intent counts as without intent: .*\.gateway_intent\.json`,
	} {
		if !regexp.MustCompile(line).MatchString(logs) {
			errs = append(errs, violates("REC-06", "no line like %q:\n%s", line, logs))
		}
	}
	return errors.Join(append(errs,
		expectSh(ctx, c, "REC-06", `grep -qx '{"gateway_state":"running"}' /srv/victim.json && ! test -e /srv/none.json`),
		expectSh(ctx, c, "REC-06", `cd /opt/data/profiles && test -L linked/gateway_state.json && test -L dangles/gateway_state.json && grep -q '"version":99' later/gateway_state.json`))...)
}
