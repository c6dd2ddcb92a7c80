package settings

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/repo/variables"
)

func TestTheReferenceNamesTheVariablesThatTheInitReads(t *testing.T) {
	clause.Proves(t, "SUP-69", "SUP-77")
	var names []string
	defaults := map[string]string{}
	for _, v := range variables.All() {
		if v.Part != variables.Init {
			continue
		}
		defaults[v.Name] = v.Default
		if strings.Contains(v.Text, "without effect") {
			if got := ignoredDefault(v.Name); got != v.Default {
				t.Errorf("%s: the table has the default %q, the init %q", v.Name, v.Default, got)
			}
			continue
		}
		names = append(names, v.Name)
	}
	want := honoured()
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("honoured by the init (-) and by the table (+):\n%s", diff)
	}
	unset, _ := Read(nil)
	given, warnings := Read(environOf(defaults))
	if diff := cmp.Diff(unset, given, ignoreEmpty()); diff != "" || len(warnings) > 0 {
		t.Errorf("the init's defaults (-) and the table's (+), %q:\n%s", warnings, diff)
	}
}
