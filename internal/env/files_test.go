package env

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestTheContentOfAFileIsItsValue(t *testing.T) {
	clause.Proves(t, "ENV-01", "SUP-63")
	t.Parallel()
	for name, c := range map[string]struct {
		content string
		want    Var
	}{
		"value and newline":        {"v\n", Var{Name: "X", Value: "v"}},
		"without final newline":    {"v", Var{Name: "X", Value: "v"}},
		"only one newline chopped": {"v\n\n", Var{Name: "X", Value: "v\n"}},
		"inner newlines stay":      {"a\nb\n", Var{Name: "X", Value: "a\nb"}},
		"nul is a newline":         {"a\x00b\n", Var{Name: "X", Value: "a\nb"}},
		"blanks stay":              {" v \t\n", Var{Name: "X", Value: " v \t"}},
		"empty file unsets":        {"", Var{Name: "X", Unset: true}},
		"lone newline sets empty":  {"\n", Var{Name: "X"}},
	} {
		if diff := cmp.Diff(c.want, Decode("X", []byte(c.content))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAVariableIsReadAsItWasWritten(t *testing.T) {
	clause.Proves(t, "ENV-01", "SUP-62")
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "env")
	left, err := Write(dir, []string{"PATH=/bin", "EMPTY=", "TWO=a\nb", "EQ=a=b", "A/B=no", ".DOT=no", "=C:=no"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A/B", ".DOT", ""}, left); diff != "" {
		t.Error(diff)
	}
	vars, err := Read(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []Var{
		{Name: "EMPTY"},
		{Name: "EQ", Value: "a=b"},
		{Name: "PATH", Value: "/bin"},
		{Name: "TWO", Value: "a\nb"},
	}
	if diff := cmp.Diff(want, vars); diff != "" {
		t.Error(diff)
	}
	if fi, _ := os.Stat(dir); fi.Mode().Perm() != 0o755 {
		t.Errorf("mode %v", fi.Mode())
	}
}

func TestAFileThatIsNoVariableIsSkipped(t *testing.T) {
	clause.Proves(t, "SUP-63")
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "SUBDIR"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{".hidden": "x", "A=B": "x", "GOOD": "x", "S6_X": "1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vars, err := Read(dir, "")
	if diff := cmp.Diff([]Var{{Name: "GOOD", Value: "x"}, {Name: "S6_X", Value: "1"}}, vars); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), `"SUBDIR"`) {
		t.Errorf("the subdirectory is not named: %v", err)
	}
	vars, err = Read(dir, "S6_")
	if diff := cmp.Diff([]Var{{Name: "S6_X", Value: "1"}}, vars); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestAProgramGetsPathAndTheFilesOnly(t *testing.T) {
	clause.Proves(t, "ENV-02", "SUP-63")
	t.Parallel()
	base := Environ{"HOME=/root", "PATH=/a", "X=old"}
	for name, c := range map[string]struct {
		vars []Var
		want Environ
	}{
		"nothing but PATH stays": {nil, Environ{"PATH=/a"}},
		"files override PATH":    {[]Var{{Name: "PATH", Value: "/b"}}, Environ{"PATH=/b"}},
		"PATH can be taken away": {[]Var{{Name: "PATH", Unset: true}}, Environ{}},
		"files are added":        {[]Var{{Name: "A", Value: "1"}, {Name: "B"}}, Environ{"PATH=/a", "A=1", "B="}},
	} {
		if diff := cmp.Diff(c.want, Apply(base, c.vars)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAVariableIsTakenAwayByAnEmptyFile(t *testing.T) {
	clause.Proves(t, "SUP-63")
	dir := t.TempDir()
	if err := Unset(dir, "GONE"); err != nil {
		t.Fatal(err)
	}
	vars, err := Read(dir, "")
	if err != nil || len(vars) != 1 || !vars[0].Unset || vars[0].Name != "GONE" {
		t.Errorf("got %+v, %v", vars, err)
	}
	for _, name := range []string{"", "../GONE", "a/b", ".hidden"} {
		if err := Unset(dir, name); err == nil {
			t.Errorf("%q is no error", name)
		}
	}
}
