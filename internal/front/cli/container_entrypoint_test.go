package cli

import (
	"testing"

	"caduceus/internal/clause"
)

func TestWhatAnOlderEntryPointIsFor(t *testing.T) {
	clause.Proves(t, "SHIM-04")
	run := []string{"gateway", "run"}
	for name, c := range map[string]struct {
		words    []string
		initRuns bool
		pid      int
		pid1     string
		want     entry
	}{
		"docker run --entrypoint":                   {run, false, 1, "hermes", entryBoots},
		"the same without a command":                {nil, false, 1, "hermes", entryBoots},
		"docker run --init --entrypoint":            {run, false, 7, "docker-init", entryBoots},
		"the same without a command, with --init":   {nil, false, 7, "docker-init", entryBoots},
		"a shell that runs it with a command":       {run, false, 7, "sh", entryBoots},
		"a chain: entrypoint.sh && exec …":          {nil, false, 7, "sh", entrySetsUp},
		"as the main program of a container":        {run, true, 60, "s6-svscan", entryRuns},
		"by hand in a container that runs":          {nil, true, 90, "s6-svscan", entrySetsUp},
		"by hand, where the engine's init is PID 1": {nil, true, 90, "docker-init", entrySetsUp},
	} {
		t.Run(name, func(t *testing.T) {
			if got := routeEntry(c.words, c.initRuns, c.pid, c.pid1); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}
