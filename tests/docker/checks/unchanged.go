package checks

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"caduceus/tests/docker/harness"
)

// UnchangedCheck is about boots on a used volume.
const UnchangedCheck = "a boot on a used volume changes no file of the user's"

//go:embed boot-changes.txt
var bootChanges string

// unchangedChecks list a volume before and after boots.
// contract: SETUP-46
func unchangedChecks() []Check {
	return []Check{{
		Name: UnchangedCheck, Clauses: []string{"SETUP-46"},
		Doc: "a volume with three profiles that ran gateways; boots with CMD true, then boots with HERMES_UID: bytes, owner, mode and times of all files",
		Run: unchanged,
	}}
}

// allOf lists all of a volume with everything that a boot could change.
const allOf = `cd /opt/data && find . -printf '%p\t%y %U:%G %m %T@ %s %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum | sed -E 's/^([0-9a-f]+)  (.*)/\2\t\1/'`

// useVolume has three profiles used, and a gateway that ran and was stopped.
func useVolume(ctx context.Context, s *harness.Subject, spec harness.Spec) error {
	c, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	script := `for p in one two three; do hermes profile create $p || exit; done
mkdir -p ~/projects/x ~/.ssh && chmod 700 ~/.ssh && echo key >~/.ssh/id && chmod 600 ~/.ssh/id && echo p >~/projects/x/file && ln -s x/file ~/projects/link
hermes -p one gateway start`
	if res, err := c.Sh(ctx, script); err != nil || res.Code != 0 {
		return fmt.Errorf("cannot use the volume: %s (%w)", res, err)
	}
	if err := recordedRunning(ctx, c, "/opt/data/profiles/one"); err != nil {
		return err
	}
	if err := quiet(ctx, c, "-p", "one", "gateway", "stop"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-one", "down", verbLimit, down); err != nil {
		return err
	}
	_, err = c.Stop(ctx)
	return err
}

func unchanged(ctx context.Context, s *harness.Subject) error {
	boots := 3 // in each part; a whole run takes 50
	if n, err := strconv.Atoi(os.Getenv("HERMES_TEST_BOOTS")); err == nil && n > 0 {
		boots = n
	}
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	if err := useVolume(ctx, s, spec); err != nil {
		return err
	}
	var errs []error
	for _, env := range []map[string]string{nil, {"HERMES_UID": "4321", "HERMES_GID": "4322"}} {
		errs = append(errs, unchangedBy(ctx, s, harness.Spec{Volumes: spec.Volumes, Env: env, Cmd: []string{"true"}}, boots))
	}
	return errors.Join(errs...)
}

// unchangedBy boots once, which may settle things, and then compares the listings before and after many boots.
func unchangedBy(ctx context.Context, s *harness.Subject, spec harness.Spec, boots int) error {
	boot := func() error {
		code, out, errs, err := run(ctx, s, spec)
		if err == nil && code != 0 {
			err = violates("SETUP-46", "a boot ended with %d: %s%s", code, out, errs)
		}
		return err
	}
	list := func() ([]string, error) {
		code, out, errs, err := run(ctx, s, harness.Spec{Volumes: spec.Volumes, Entrypoint: []string{"sh"}, Cmd: []string{"-c", allOf}, User: "0"})
		if err == nil && code != 0 {
			err = fmt.Errorf("cannot list the volume: %s", errs)
		}
		return strings.Split(strings.TrimSpace(out), "\n"), err
	}
	if err := boot(); err != nil {
		return err
	}
	before, err := list()
	if err != nil {
		return err
	}
	if len(before) < 500 {
		return fmt.Errorf("the volume has %d entries only: it was not used", len(before))
	}
	for range boots {
		if err := boot(); err != nil {
			return err
		}
	}
	after, err := list()
	if err != nil {
		return err
	}
	if changed := differences(before, after); len(changed) > 0 {
		return violates("SETUP-46", "%d boots with %v changed:\n%s", boots, spec.Env, strings.Join(changed[:min(len(changed), 20)], "\n"))
	}
	return nil
}

// differences returns the lines that only one listing has, but for those of files that a boot changes.
func differences(before, after []string) []string {
	allowed := map[string]bool{}
	for line := range strings.Lines(bootChanges) {
		if name, _, found := strings.Cut(line, " "); found && !strings.HasPrefix(line, "#") {
			allowed[name] = true
		}
	}
	var changed []string
	for mark, pair := range map[string][2][]string{"- ": {before, after}, "+ ": {after, before}} {
		other := map[string]bool{}
		for _, line := range pair[1] {
			other[line] = true
		}
		for _, line := range pair[0] {
			if name, _, _ := strings.Cut(line, "\t"); !other[line] && !allowed[name] {
				changed = append(changed, mark+line)
			}
		}
	}
	slices.SortFunc(changed, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	return changed
}
