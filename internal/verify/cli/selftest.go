package cli

import (
	"context"
	"fmt"

	"caduceus/internal/verify/report"
	"caduceus/internal/verify/run"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
)

// fault is something wrong that is put into an image on purpose, without running any program of it, and the check that has
// to catch it.
type fault struct {
	name       string
	dockerfile string
	files      []harness.File
	check      string
}

// faults are one for each way in which a derived image usually breaks.
func faults() []fault {
	return []fault{
		{"another entry point", `ENTRYPOINT ["/bin/sh"]`, nil, "image-entrypoint"},
		{"a PATH without the image's directories", `ENV PATH=/usr/bin:/bin`, nil, "image-environment"},
		{
			"a boot script that lost its executable bit", `COPY script /etc/cont-init.d/015-supervise-perms`,
			[]harness.File{{Path: "script", Content: "#!/bin/sh\nexit 0\n", Mode: 0o644}},
			"image-cont-init",
		},
		{
			"a file in the install tree that hermes may write", `COPY file /opt/hermes/file`,
			[]harness.File{{Path: "file", Content: "x", Mode: 0o666}},
			"image-tree-root-only",
		},
		{
			"a script with carriage returns", `COPY script /opt/hermes/docker/tini-shim.sh`,
			[]harness.File{{Path: "script", Content: "#!/bin/sh\r\nexit 0\r\n", Mode: 0o755}},
			"image-docker-scripts",
		},
		{
			"a ps of its own", `COPY script /usr/local/bin/ps`,
			[]harness.File{{Path: "script", Content: "#!/bin/sh\nexec /usr/bin/ps \"$@\"\n", Mode: 0o755}},
			"image-tools",
		},
		{ // seen by the code with which a command ends alone
			"skills in the agent's environment", `COPY file /opt/hermes/.venv/lib/site-packages/skills/file`,
			[]harness.File{{Path: "file", Content: "x", Mode: 0o644}},
			"image-own-tree",
		},
		{"a final user that is not hermes", `USER nobody`, nil, "image-entrypoint"},
	}
}

// selfTest derives an image for each fault and runs the check that has to catch it. A fault that was not put in, or that
// the check could not look at, is not caught.
func selfTest(ctx context.Context, e *harness.Engine, all []checks.Entry, o options) (*report.SelfTest, error) {
	base := e.Subject("")
	defer func() { _ = base.Close(ctx) }() // it started nothing
	list := faults()
	result := &report.SelfTest{Faults: len(list), Survived: []string{}}
	var cases []run.Case
	for _, f := range list {
		entry, err := one(all, f.check)
		if err != nil {
			return nil, err
		}
		ref, err := base.Derive(ctx, f.dockerfile, f.files...)
		if err != nil {
			return nil, fmt.Errorf("self-test: cannot put in %q: %w", f.name, err)
		}
		cases = append(cases, run.Case{
			Result: report.Result{ID: f.check, Promise: entry.Name},
			Begin:  func() run.Look { return look{entry.Check, e.Subject(ref), ""} },
		})
	}
	for i, r := range run.All(ctx, cases, run.Options{Parallel: o.parallel, Check: o.check}) {
		if r.Outcome == report.Broken {
			result.Caught++
		} else {
			result.Survived = append(result.Survived, fmt.Sprintf("%s (%s: %s %s)", list[i].name, r.ID, r.Outcome, r.Reason))
		}
	}
	return result, nil
}
