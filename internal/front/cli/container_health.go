package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/wanted"
	"caduceus/internal/s6"
)

const healthSchema = "caduceus.health/v1"

// health is one verdict about the container.
type health struct {
	Schema  string   `json:"schema"`
	Healthy bool     `json:"healthy"`
	Reasons []string `json:"reasons" schema:"minItems=1;doc=why not, or what was looked at"`
}

// containerHealth is the image's health check.
//
// contract: HEALTH-01
func (a *app) containerHealth() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "health",
		Summary: "Print one line that says whether the container is healthy",
		Detail: `It is the image's health check. What was asked for has to be up: each gateway, its API server, the
dashboard, and the services that the image starts. Where nothing was, the boot has to be complete. With --live it is a
check for whatever kills unhealthy containers: it looks at PID 1 and its supervisor alone, as a restart fixes nothing else.`,
		Example: "docker exec hermes /command/hermes-health\ndocker exec hermes hermes container health --json\n" +
			"docker exec hermes /command/hermes-health --live",
		Exits:  []command.Exit{{Code: "0", Means: "healthy"}, {Code: "1", Means: "unhealthy"}, {Code: "2", Means: "wrong command line"}},
		ReadOn: "operate/troubleshooting.md",
	})
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+healthSchema)
	live := cmd.Flags().Bool("live", false, "look at PID 1 and the supervisor of hermes only")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		judge := a.health
		if *live {
			judge = a.live
		}
		h := judge(cmd.Context())
		word := "unhealthy"
		if h.Healthy {
			word = "healthy"
		}
		if *asJSON {
			if err := json.NewEncoder(a.Stdout).Encode(h); err != nil {
				return err
			}
		} else {
			a.print("%s: %s", word, strings.Join(h.Reasons, "; "))
		}
		if !h.Healthy {
			return exitCode(1)
		}
		return nil
	}
	return cmd
}

// health looks at all that was asked for.
//
// contract: HEALTH-02
func (a *app) health(ctx context.Context) health {
	h := health{Schema: healthSchema}
	if !a.initRuns() {
		h.Reasons = []string{"no init supervises " + a.scandir.Path}
		return h
	}
	if h.Reasons = a.supervisorTrouble(); len(h.Reasons) > 0 {
		return h
	}
	h.Healthy = true
	for _, v := range a.look().Verdicts(ctx) {
		h.Healthy = h.Healthy && v.Healthy
		h.Reasons = append(h.Reasons, v.Object+" "+v.Reason)
	}
	if len(h.Reasons) == 0 {
		h.Healthy = a.booted()
		h.Reasons = []string{"boot complete, no service is wanted up"}
		if !h.Healthy {
			h.Reasons = []string{"boot is not complete"}
		}
	}
	return h
}

// look is where to look for what was asked for.
func (a *app) look() wanted.Look {
	return wanted.Look{Root: a.Root, Environ: a.Environ, Home: a.home, Scandir: a.scandir, Now: a.Now()}
}

// live looks at what a restart of the container mends. A boot that is not over yet is alive.
//
// contract: HEALTH-07
func (a *app) live(context.Context) health {
	h := health{Schema: healthSchema, Reasons: a.supervisorTrouble()}
	if h.Healthy = len(h.Reasons) == 0; h.Healthy {
		h.Reasons = []string{"PID 1 and its supervisor run"}
	}
	return h
}

// supervisorTrouble is what is wrong with who supervises.
//
// contract: HEALTH-04
func (a *app) supervisorTrouble() []string {
	var trouble []string
	for _, p := range a.supervisors() {
		if !p.Past {
			trouble = append(trouble, p.Object+": "+p.Cause)
		}
	}
	return trouble
}

// booted reports whether the boot scripts are over: main-hermes, where there is one, starts after them.
func (a *app) booted() bool {
	status, there := a.mainHermes()
	return !there || status.Up()
}

// scriptsRun reports whether main-hermes, which starts after the boot scripts, has yet to be started.
func (a *app) scriptsRun() bool {
	status, there := a.mainHermes()
	return there && status.NotStarted
}

// mainHermes is the status of main-hermes, and whether there is such a service. It is there, as a link, before anything
// supervises it: then it has not started.
func (a *app) mainHermes() (status s6.Status, there bool) {
	dir := filepath.Join(a.scandir.Path, "main-hermes")
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return s6.Status{}, false
	}
	status, err := s6.ReadStatus(dir)
	if err != nil {
		return s6.Status{NotStarted: true}, true
	}
	return status, true
}
