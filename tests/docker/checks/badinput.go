package checks

import (
	"context"
	"strings"

	"caduceus/tests/docker/harness"
)

// badInput is a boot that must go on and say what is wrong.
type badInput struct {
	name, clause string
	spec         harness.Spec
	says         string
}

func badInputs() []badInput {
	return []badInput{
		{
			"an empty state file does not break the boot", "REC-06",
			harness.Spec{Files: []harness.File{stateFile("/opt/data", "")}},
			"profile=default prior_state=None",
		},
		{
			"a corrupt state file does not break the boot", "REC-06",
			harness.Spec{Files: []harness.File{stateFile("/opt/data", "{\"gateway_state\": \"run\x00")}},
			"profile=default prior_state=None",
		},
		{
			"a state file that is a directory does not break the boot", "REC-06",
			harness.Spec{Files: []harness.File{{Path: "/opt/data/gateway_state.json", Dir: true}}},
			"profile=default prior_state=None",
		},
		{
			"a read-only volume is named and the boot goes on", "SETUP-17",
			harness.Spec{Volumes: []harness.Volume{{ReadOnly: true}}},
			"read-only",
		},
		{
			"a config.yaml that is not YAML does not break the boot", "SETUP-24",
			harness.Spec{Files: []harness.File{harness.File{Path: "/opt/data/config.yaml", Content: "a: [b\n\t: c"}.Hermes()}},
			"config.yaml",
		},
		{
			"a bad line of .env is named with its number", "SETUP-37",
			harness.Spec{Files: []harness.File{harness.File{Path: "/opt/data/.env", Content: "GOOD=1\n=no name\n"}.Hermes()}},
			"line 2",
		},
		{
			"a HERMES_HOME below a file is named", "ENV-08",
			harness.Spec{
				Env:   map[string]string{"HERMES_HOME": "/srv/file/home"},
				Files: []harness.File{{Path: "/srv/file", Content: "kept"}},
			},
			"/srv/file/home",
		},
		{
			"a value that a variable cannot have is named", "ENV-11",
			harness.Spec{Env: map[string]string{"S6_KILL_GRACETIME": "soon; touch /tmp/x"}},
			"S6_KILL_GRACETIME",
		},
	}
}

// badInputChecks boot on volumes that are not as they should be.
// contract: REC-06 SETUP-17 SETUP-24 SETUP-37 ENV-08 ENV-11
func badInputChecks() []Check {
	list := []Check{}
	for _, e := range badInputs() {
		e.spec.Cmd = []string{"sh", "-c", "echo booted; exit 42"}
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "boots, wants the main program's exit code 42 and a line with \"" + e.says + "\"",
			Run: func(ctx context.Context, s *harness.Subject) error {
				spec := e.spec
				for i := range spec.Volumes {
					name, err := s.Volume(ctx)
					if err != nil {
						return err
					}
					spec.Volumes = []harness.Volume{{Name: name, ReadOnly: spec.Volumes[i].ReadOnly}}
				}
				code, out, errs, err := run(ctx, s, spec)
				if err == nil && (code != 42 || !strings.Contains(out+errs, e.says)) {
					err = violates(e.clause, "want exit code 42 and a line with %q, got %d and:\n%s%s", e.says, code, out, errs)
				}
				return err
			},
		})
	}
	return list
}
