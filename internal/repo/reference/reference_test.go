package reference

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"caduceus/internal/build/targets"
	"caduceus/internal/repo/laws"
	"caduceus/internal/repo/variables"
)

var update = flag.Bool("update", false, "rewrite the pages of docs/reference")

func TestThePagesAreWhatTheCodeSays(t *testing.T) {
	root := os.DirFS("../../..")
	pages, err := Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("cannot rewrite the pages in CI: run -update on your host")
		}
		for name, content := range pages {
			if err := os.WriteFile(filepath.Join("../../..", name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	tree, err := laws.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range laws.Generated(tree, pages, Regenerate) {
		t.Error(v)
	}
	for _, name := range committed(t, root) {
		if pages[name] == nil {
			t.Errorf("%s is nothing that the code makes: remove it", name)
		}
	}
}

func committed(t *testing.T, root fs.FS) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(root, Dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAnEditedPageIsNamed(t *testing.T) {
	page := []byte(Header + "one\ntwo\n")
	cases := map[string]struct {
		tree fstest.MapFS
		made []byte
		want string
	}{
		"a changed byte":      {fstest.MapFS{"p.md": {Data: []byte(Header + "one\ntwO\n")}}, page, "p.md:4: is not what its generator makes"},
		"a missing page":      {fstest.MapFS{}, page, "p.md: is missing: run"},
		"a page that is open": {fstest.MapFS{"p.md": {Data: []byte("one\n")}}, []byte("one\n"), `has no line "Code generated`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tree, err := laws.Read(c.tree)
			if err != nil {
				t.Fatal(err)
			}
			found := laws.Generated(tree, map[string][]byte{"p.md": c.made}, Regenerate)
			if len(found) != 1 || !strings.Contains(found[0].String(), c.want) {
				t.Errorf("want one violation with %q, got %v", c.want, found)
			}
		})
	}
}

// What the pages must not lose without anybody noticing.
func TestThePagesNameWhatThereIs(t *testing.T) {
	pages, err := Pages(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"cli.md":         {"### hermes gateway status", "| `3` | it is down |", "`--json`", "hermes container main", "### hermes profile create\n"},
		"environment.md": {"`HERMES_UID`", "`/opt/data`", "yes: exact", "`S6_KILL_GRACETIME` | milliseconds | `3000`"},
		"mage.md":        {"| [`build`](#build) | Builds", "| [`test:docker`](#testdocker) |", "go tool mage publish ADDRESS\n", "    CHANNEL  "},
		"schemas.md":     {"`caduceus.doctor/v1`", "`findings[].fix`"},
	} {
		text := string(pages[Dir+"/"+name])
		lacks := slices.DeleteFunc(words, func(w string) bool { return strings.Contains(text, w) })
		if len(lacks) > 0 {
			t.Errorf("%s lacks %q", name, lacks)
		}
	}
}

var helpVariable = regexp.MustCompile(`(?m)^\t([A-Z][A-Z_]+) `)

func TestTheHelpOfTargetsNamesVariablesOfTheTable(t *testing.T) {
	all, err := targets.Read(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, target := range all {
		for _, m := range helpVariable.FindAllStringSubmatch(target.Text, -1) {
			named++
			if !slices.ContainsFunc(variables.All(), func(v variables.Variable) bool { return v.Name == m[1] }) {
				t.Errorf("the help of %s names %s, which internal/repo/variables does not have", target.Name, m[1])
			}
		}
	}
	if named < 10 {
		t.Errorf("want the variables of the targets, found %d", named)
	}
}
