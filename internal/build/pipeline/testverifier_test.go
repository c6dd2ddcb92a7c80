package pipeline

import (
	"strings"
	"testing"

	"caduceus/internal/verify/report"
)

func TestOnlyAVerifierThatWorksPasses(t *testing.T) {
	good := func() report.Report {
		return report.Report{
			Verdict:  report.Verdict{Verdict: "holds", Selected: 20, Holds: 20},
			SelfTest: &report.SelfTest{Faults: 6, Caught: 6},
		}
	}
	for name, c := range map[string]struct {
		spoil func(*report.Report)
		want  string
	}{
		"it works":               {func(*report.Report) {}, ""},
		"something is broken":    {func(r *report.Report) { r.Verdict.Verdict = "broken" }, "does not prove the image"},
		"nothing ran":            {func(r *report.Report) { r.Verdict.Holds = 0 }, "does not prove the image"},
		"no self-test":           {func(r *report.Report) { r.SelfTest = nil }, "did not test itself"},
		"a self-test of nothing": {func(r *report.Report) { r.SelfTest.Faults, r.SelfTest.Caught = 0, 0 }, "did not test itself"},
		"a fault that survived":  {func(r *report.Report) { r.SelfTest.Caught, r.SelfTest.Survived = 5, []string{"another PATH"} }, "takes faults for right: another PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			c.spoil(&r)
			err := proves(r)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}
