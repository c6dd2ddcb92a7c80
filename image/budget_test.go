package image

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func budgeted() Spec {
	return Spec{Budgets: map[string]Budget{"slim": {
		LimitBytes: 100_000_000,
		Layers: []LayerBudget{
			{Name: "Debian", Match: "apt-install.sh git", Bytes: 40_000_000},
			{Name: "agent", Match: "COPY /out/agent/", Bytes: 50_000_000},
		},
		Packages: map[string]int64{"git": 40_000_000},
	}}}
}

func TestAVariantOverBudgetNamesWhatHasGrown(t *testing.T) {
	debian := Layer{"RUN /tmp/apt-install.sh      git", 40_000_000}
	cases := map[string]struct {
		got  Measured
		want []Growth
	}{
		"within":     {Measured{Bytes: 100_000_000}, nil},
		"no culprit": {Measured{Bytes: 100_000_001, Layers: []Layer{debian}}, []Growth{}},
		"a layer grew": {
			Measured{Bytes: 120_000_000, Layers: []Layer{debian, {"COPY /out/agent/ /", 80_000_000}}},
			[]Growth{{"layer", "agent", 50_000_000, 80_000_000}},
		},
		"a layer and its packages": {
			Measured{
				Bytes: 190_000_000, Layers: []Layer{{"RUN /tmp/apt-install.sh   git", 140_000_000}, {"COPY /x /", 10_000_000}},
				Packages: map[string]int64{"git": 45_000_000, "emacs": 95_000_000, "tiny": 4_000_000},
			},
			[]Growth{
				{"layer", "Debian", 40_000_000, 140_000_000},
				{"layer", `"COPY /x /"`, 0, 10_000_000},
				{"package", "emacs", 0, 95_000_000},
				{"package", "git", 40_000_000, 45_000_000},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := budgeted().CheckBudget("slim", c.got)
			over, _ := errors.AsType[*OverBudget](err)
			if c.want == nil {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			if over == nil {
				t.Fatalf("error %v, want *OverBudget", err)
			}
			if diff := cmp.Diff(c.want, append([]Growth{}, over.Growths...)); diff != "" {
				t.Errorf("growths (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheErrorOverBudgetNamesTheFix(t *testing.T) {
	err := budgeted().CheckBudget("slim", Measured{Bytes: 120_400_000, Layers: []Layer{{"COPY /out/agent/ /", 80_000_000}, {"ADD x", 20_000_000}}})
	for _, want := range []string{
		`cannot accept variant "slim": 120 MB unpacked, its budget is 100 MB`,
		"layer agent: 80 MB, was 50 MB", `layer "ADD x": new, 20 MB`, "image/budget.json",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestAVariantWithoutABudgetIsAnError(t *testing.T) {
	if err := budgeted().CheckBudget("tiny", Measured{}); err == nil || !strings.Contains(err.Error(), `"tiny"`) {
		t.Errorf("error %v, want one that names the variant", err)
	}
}

func TestEachLayerOfTheBudgetIsAStepOfTheDockerfile(t *testing.T) {
	recipe := strings.ReplaceAll(dockerfile(t), "\\\n", "")
	for variant, budget := range spec(t).Budgets {
		for _, layer := range budget.Layers {
			step := strings.Replace(layer.Match, "COPY ", "", 1)
			if !strings.Contains(strings.Join(strings.Fields(recipe), " "), step) {
				t.Errorf("%s: no step of the Dockerfile has %q", variant, step)
			}
		}
	}
}

func TestSizesOfPackagesAreReadInBytes(t *testing.T) {
	got, err := ParsePackages("git\t48000\nxz-utils\t1\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"git": 49152000, "xz-utils": 1024}, got); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	if _, err := ParsePackages("git 48000\n"); err == nil {
		t.Error("a line without a tab was taken")
	}
}
