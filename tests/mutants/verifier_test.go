//go:build docker

package mutants

import (
	"fmt"
	"testing"

	"caduceus/internal/killmatrix"
	"caduceus/internal/verify/report"
	"caduceus/tests/docker/verifier"
	"caduceus/tests/mutant"
)

// fault is one that hermes-verify has, and how it comes to light: as a run that proves nothing where the image
// is good; as a report whose verdict is not that of its results where the image is broken; or as another exit code
// than the good one's on an image that lies.
type fault struct {
	name   string
	edit   mutant.Edit
	broken string // the derived image with something broken, and the check that sees it
	check  string
	fooled bool // the fault ends in a proof of that check, which the test of the hostile images sees
}

func verifierFaults() []fault {
	return []fault{
		{name: "checks that look at nothing", edit: mutant.Edit{
			File: "internal/verify/cli/look.go", Old: "err = l.check.Run(ctx, l.subject)", New: "",
		}},
		{name: "an empty list of checks", edit: mutant.Edit{
			File: "internal/verify/cli/verify.go", Old: "w.entries, err = selected(all, o)", New: "w.entries, err = selected(all[:0], o)",
		}},
		{name: "commands that always end with 0", edit: mutant.Edit{
			File: "tests/docker/harness/exec.go", Old: "res.Code, err = c.exitCode(ctx, created.ID)", New: "_, err = c.exitCode(ctx, created.ID)",
		}},
		{name: "violations that are dropped", edit: mutant.Edit{
			File: "internal/verify/cli/look.go", Old: "return broken, err", New: "return nil, nil",
		}},
		{name: "a verdict that forgets what is broken", broken: "bad-healthcheck", check: "image-healthcheck", edit: mutant.Edit{
			File: "internal/verify/report/verdict.go", Old: "\t\t\tv.Broken++\n", New: "\t\t\tv.Holds++\n",
		}},
		{name: "the image's ps in place of the probe", broken: "hostile-ps", check: "boot-idle-child", fooled: true, edit: mutant.Edit{
			File: "tests/docker/harness/process.go", Old: "\tanswer, err := c.Ask(ctx, probe.Processes)\n", New: askPS,
		}},
		{name: "scripts that believe every shell", broken: "hostile-liars", check: "image-tree-sealed", fooled: true, edit: mutant.Edit{
			File: "tests/docker/harness/exec.go", Old: "if asksTool(x.Cmd) {", New: "if false {",
		}},
		{name: "main programs that are not looked at", broken: "hostile-liars", check: "image-data-writable", fooled: true, edit: mutant.Edit{
			File: "tests/docker/harness/subject.go", Old: "asksTool(program) {", New: "asksTool(program[:0]) {",
		}},
	}
}

// askPS believes what the image's ps prints.
const askPS = `	if res, err := c.exec(ctx, Exec{Cmd: []string{"ps", "-eo", "pid=,ppid=,uid=,stat=,args="}, User: "0"}); err == nil {
		var list Processes
		for line := range strings.Lines(res.Stdout) {
			var p Process
			if n, _ := fmt.Sscan(line, &p.PID, &p.PPID, &p.UID, &p.State); n == 4 {
				p.Args = strings.Join(strings.Fields(line)[4:], " ")
				list = append(list, p)
			}
		}
		return list, nil
	}
	answer, err := c.Ask(ctx, probe.Processes)
`

// TestFaultsOfTheVerifier puts faults into hermes-verify; none of them may end in a proof.
func TestFaultsOfTheVerifier(t *testing.T) {
	t.Parallel()
	for _, f := range verifierFaults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			m := killmatrix.Mutant{Of: "verifier", Fault: f.name, Sees: "its self-test", Names: "no exit code 0"}
			if f.broken == "" {
				killmatrix.Record(t, m)
				o := verifier.Run(t, &engine, verifier.Program(t, f.edit), engine.Image(), "--tier", "smoke", "--self-test")
				if o.Code == report.CodeHolds {
					t.Errorf("exit code 0\n%s", o.Out)
				}
				return
			}
			m.Sees, m.Names = "a reader of its JSON", "a verdict without the results"
			if f.fooled {
				m.Sees, m.Names = "the test of hostile images", f.check
			}
			killmatrix.Record(t, m)
			o := verifier.Run(t, &engine, verifier.Program(t, f.edit), verifier.Build(t, &engine, f.broken), "--check", f.check)
			if f.fooled {
				if o.Code != report.CodeHolds { // the good one ends with another code: TestNoHostileImageHolds
					t.Errorf("exit code %d: the fault does nothing\n%s", o.Code, o.Out)
				}
				return
			}
			if o.Code == report.CodeBroken {
				t.Error("the fault does nothing")
			}
			if unsound(o) == "" {
				t.Errorf("the report hides the fault\n%s", o.Out)
			}
		})
	}
}

// unsound compares a report's verdict with its own results: what a reader of the JSON can do.
func unsound(o verifier.Outcome) string {
	broken := 0
	for _, r := range o.Report.Results {
		if r.Outcome == report.Broken {
			broken++
		}
	}
	if broken != o.Report.Verdict.Broken {
		return fmt.Sprintf("%d results are broken, and the verdict counts %d", broken, o.Report.Verdict.Broken)
	}
	return ""
}
