package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caduceus/internal/host"
)

// module is the name in go.mod.
const module = "caduceus"

// slowTest is what is named as slow, slowTests how many of them.
const (
	slowTest  = 5 * time.Second
	slowTests = 8
)

// suite is one run of "go test".
type suite struct {
	name     string
	args     []string // of go test; packages may be among them
	packages []string // after -run; none where they are among args
	env      []string
	dir      string // of a module of its own
	picked   string // what RUN asked for, "": all
	tier     string // the last tier of checks that HERMES_TEST_TIER asked for, "": all
	// lacks has the reasons to skip that tests of this suite may have (whenSlim, …), and
	// whether this run has them.
	lacks map[string]bool
}

// part says what made the run one of a part of its tests, "": nothing did.
func (s suite) part() string {
	switch {
	case s.picked != "":
		return fmt.Sprintf("RUN=%q", s.picked)
	case s.tier != "":
		return fmt.Sprintf("HERMES_TEST_TIER=%q", s.tier)
	}
	return ""
}

// command is what go test is called with.
func (s suite) command() []string {
	args := slices.Clone(s.args)
	if s.picked != "" {
		args = append(args, "-run="+s.picked)
	}
	return append(args, s.packages...)
}

// TestUnit runs the tests that need neither an engine nor an image, with the race
// detector.
func (p *Pipeline) TestUnit(ctx context.Context) error {
	if err := p.installPrograms(ctx, "unit", unitPrograms()); err != nil {
		return err
	}
	packages, err := p.packages(ctx)
	if err != nil {
		return err
	}
	return p.test(ctx, p.sourceSuite("unit", packages))
}

// sourceSuite runs tests of the source, with the race detector. What an earlier run cached did
// not run, maybe it had other rights: it is not counted.
func (p *Pipeline) sourceSuite(name string, packages []string) suite {
	return suite{
		name: name, args: append([]string{"-race", "-count=1", "-timeout=5m"}, packages...), env: []string{"CGO_ENABLED=1"},
		lacks: map[string]bool{whenUnprivileged: !p.Facts.Admin, whenUser: !p.Facts.Root},
	}
}

// TestRoot runs what TestUnit has to skip without root's capabilities, whole packages at a
// time. With them TestUnit runs all of it.
func (p *Pipeline) TestRoot(ctx context.Context) error {
	if !p.Facts.Admin {
		return &host.Problem{
			What: "cannot run the tests that need root", Cause: "this process has no CAP_SYS_ADMIN",
			Next: "run them as root, in a container with all capabilities",
		}
	}
	if err := p.installPrograms(ctx, "root", unitPrograms()); err != nil {
		return err
	}
	allowed, err := p.allowedSkips()
	if err != nil {
		return err
	}
	var packages []string
	for _, a := range allowed {
		if a.when == whenUnprivileged || a.when == whenUser {
			packages = append(packages, module+"/"+a.pkg)
		}
	}
	slices.Sort(packages)
	return p.test(ctx, p.sourceSuite("root", slices.Compact(packages)))
}

// TestS6 runs the init against the s6 clients of Debian.
func (p *Pipeline) TestS6(ctx context.Context) error {
	if err := p.installPrograms(ctx, "s6", s6Programs()); err != nil {
		return err
	}
	return p.test(ctx, suite{name: "s6", args: []string{"-count=1", "-timeout=20m", "./" + s6Tests + "/..."}})
}

// TestAll runs the suites, whatever becomes of each, and sums them up.
func (p *Pipeline) TestAll(ctx context.Context) error {
	if err := p.checkDocker(); err != nil {
		return err // not after the minutes of the other suites
	}
	var wrong []error
	for _, s := range []struct {
		name string
		run  func(context.Context) error
	}{{"unit", p.TestUnit}, {"s6", p.TestS6}, {"docker", p.TestDocker}, {"mutants", p.TestMutants}} {
		wrong = append(wrong, p.steps.Do("test "+s.name, func() error { return s.run(ctx) }))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	p.steps.Table(p.Out)
	var all TestSummary
	for _, s := range p.tests {
		all.Passed += s.Passed
		all.Failed = append(all.Failed, s.Failed...)
		all.Skipped = append(all.Skipped, s.Skipped...)
	}
	p.say("%s", all)
	return errors.Join(wrong...)
}

// Where the suites are that need more than Go: s6's clients, or an engine and an image.
const (
	s6Tests      = "tests/s6"
	dockerTests  = "tests/docker"
	mutantTests  = "tests/mutants"
	bridgeTests  = "tests/bridge"
	publishTests = "tests/publish"
)

// packages are those of the module but the s6 suite.
func (p *Pipeline) packages(ctx context.Context) ([]string, error) {
	var out strings.Builder
	if err := p.Run.Run(ctx, host.Cmd{Path: "go", Args: []string{"list", "./..."}, Dir: p.Root, Stdout: &out}); err != nil {
		return nil, err
	}
	var packages []string
	for pkg := range strings.FieldsSeq(out.String()) {
		if !strings.HasPrefix(pkg, module+"/"+s6Tests) {
			packages = append(packages, pkg)
		}
	}
	return packages, nil
}

// test runs a suite and closes with its summary line.
func (p *Pipeline) test(ctx context.Context, s suite) error {
	allowed, err := p.allowedSkips()
	if err != nil {
		return err
	}
	sum, runErr := p.goTest(ctx, s)
	p.tests = append(p.tests, sum)
	for _, t := range sum.Failed {
		p.say("--- %s\n%s", t, strings.TrimRight(t.Output, "\n"))
	}
	for i, t := range sum.Slow {
		if i < slowTests && t.Took >= slowTest {
			p.say("  slow: %s %s", t, seconds(t.Took))
		}
	}
	for _, t := range sum.Skipped {
		p.say("  skipped: %s: %s", t, t.reason())
	}
	wrong := verdict(sum, allowed, s)
	for _, line := range wrong {
		p.say("%s", line)
	}
	if err := p.writeResults(s.name, sum); err != nil {
		wrong = append(wrong, err.Error())
		p.say("%v", err)
	}
	if s.part() != "" {
		p.say("test: %s picked the tests: this is a part of them, and proves a part", s.part())
	} else if err := p.proved(s.name, sum); err != nil {
		wrong = append(wrong, err.Error())
		p.say("%v", err)
	}
	p.say("%s", sum)
	switch {
	case len(wrong) > 0:
		return fmt.Errorf("cannot accept the %s tests: %d of the lines above are the reasons", s.name, len(wrong))
	case runErr != nil:
		return fmt.Errorf("cannot accept the %s tests: %w", s.name, runErr)
	}
	return nil
}

// goTest streams the events of one run. Its error is what "go test" ended with.
func (p *Pipeline) goTest(ctx context.Context, s suite) (TestSummary, error) {
	r, w := io.Pipe()
	c := host.Cmd{Path: "go", Args: append([]string{"test", "-json"}, s.command()...), Env: s.env, Dir: filepath.Join(p.Root, s.dir), Stdout: w}
	p.say("test: go test %s", clip(strings.Join(s.command(), " ")))
	ended := make(chan error, 1)
	go func() {
		err := p.Run.Run(ctx, c)
		w.Close() //nolint:errcheck // a pipe's writer closes without error
		ended <- err
	}()
	sum, err := readTests(r, time.Now, func(line string) { p.say("%s", line) })
	return sum, errors.Join(err, <-ended)
}

func (p *Pipeline) allowedSkips() ([]allowedSkip, error) {
	f, err := os.Open(filepath.Join(p.Root, skipsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return parseSkips(f)
}
