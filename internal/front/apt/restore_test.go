package apt

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestRestoreInstallsWhatIsMissing(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	for _, c := range []struct {
		name, listed, installed string
		broken                  string // requests with this word fail
		want                    []string
		err                     string
	}{
		{"nothing is missing", "jq rg", "rg jq vim", "", nil, ""},
		{"one is missing", "jq rg", "rg", "", []string{"update", "install jq"}, ""},
		{"no network", "jq", "", "update", []string{"update", "install jq"}, ""},
		{
			"one cannot be had", "jq zz rg", "", "zz",
			[]string{"update", "install jq zz rg", "install jq", "install zz", "install rg"},
			"cannot install zz",
		},
		{"the only one cannot be had", "zz", "", "zz", []string{"update", "install zz"}, "cannot install zz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			installed := map[string]bool{}
			for name := range strings.FieldsSeq(c.installed) {
				installed[name] = true
			}
			err := Restore(t.Context(), strings.Fields(c.listed), installed, func(r Request) (int, error) {
				asked = append(asked, r.String())
				if c.broken != "" && strings.Contains(r.String(), c.broken) {
					return CodeFailed, nil
				}
				return 0, nil
			}, t.Logf)
			if diff := cmp.Diff(c.want, asked); diff != "" || fmt.Sprint(err) != fmt.Sprint(errorOf(c.err)) {
				t.Error(diff, err)
			}
		})
	}
}

func errorOf(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

func TestRestoreSplitsALongList(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	var names []string
	for i := range 2*MaxNames + 1 {
		names = append(names, fmt.Sprintf("%s%03d", strings.Repeat("x", maxName-3), i))
	}
	var most int
	err := Restore(t.Context(), names, nil, func(r Request) (int, error) {
		most = max(most, len(r.Names))
		_, err := ParseRequest([]byte(r.String()))
		return 0, err
	}, t.Logf)
	if err != nil || most != MaxNames {
		t.Error(most, err)
	}
}
