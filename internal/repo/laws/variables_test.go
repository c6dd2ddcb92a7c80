package laws

import (
	"maps"
	"strings"
	"testing"

	"caduceus/internal/variable"
)

func TestVariables(t *testing.T) {
	table := map[string]string{}
	var agents []string
	for _, v := range variable.All() {
		if _, twice := table[v.Name]; twice {
			t.Errorf("%s stands twice in the table", v.Name)
		}
		table[v.Name] = v.Default
		if v.Agent {
			agents = append(agents, v.Name)
		}
	}
	found, err := Variables(repository(t), table, agents)
	report(t, found, err)
}

func TestVariablesRefuses(t *testing.T) {
	table := map[string]string{"HERMES_UID": "", "HERMES_PORT": "9119", "VERSION": "", "HERMES_HOME_MODE": ""}
	files := map[string]string{
		"Dockerfile":            "FROM x\n",
		"internal/a/a.go":       "package a\n\nvar uid, v = get(\"HERMES_UID\"), getenv(\"VERSION\")\n",
		"rootfs/etc/run":        "port=${HERMES_PORT:-9119}\n",
		"internal/a/a_test.go":  "package a\n\nvar x = \"HERMES_IN_A_TEST\"\n",
		"tests/docker/x/env.go": "package x\n\nvar x = \"HERMES_OF_A_TEST\"\n",
	}
	cases := map[string]struct{ file, text, want string }{
		"code reads a name outside of the table":     {"internal/b/b.go", "package b\n\nvar x = get(\"HERMES_NEW\")\n", "internal/b/b.go:3: HERMES_NEW is not in the table"},
		"a call of getenv does, whatever the family": {"internal/b/b.go", "package b\n\nvar x = os.Getenv(\"CHANNEL\")\n", "internal/b/b.go:3: CHANNEL is not in the table"},
		"a message names one":                        {"internal/b/b.go", "package b\n\nvar x = \"set HERMES_NEW=1\"\n", "internal/b/b.go:3: HERMES_NEW is not in the table"},
		"a script does":                              {"rootfs/etc/other", "\necho $HERMES_NEW\n", "rootfs/etc/other:2: HERMES_NEW is not in the table"},
		"a script has another default":               {"rootfs/etc/run", "port=${HERMES_PORT:-9118}\n", "make them equal"},
		"a row that nothing reads":                   {"rootfs/etc/run", "\n", "lists HERMES_PORT, which nothing reads"},
		"a row that is only a test's":                {"internal/a/a.go", "package a\n\nvar v = getenv(\"VERSION\")\n", "lists HERMES_UID, which nothing reads"},
	}
	check := func(file, text string) []Violation {
		changed := maps.Clone(files)
		changed[file] = text
		found, err := Variables(tree(t, changed), table, []string{"HERMES_HOME_MODE"})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := check("README.md", strings.Repeat("x", 3)); len(found) != 0 {
		t.Fatalf("the good case is refused: %v", found)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { wantOne(t, check(c.file, c.text), c.want) })
	}
}
