package laws

import (
	"maps"
	"strings"
	"testing"

	"caduceus/internal/repo/variables"
)

func TestVariablesAreDeclaredDocumentedAndReadOneWay(t *testing.T) {
	table := map[string]string{}
	var agents []string
	for _, v := range variables.All() {
		table[v.Name] = v.Default
		if v.Agent {
			agents = append(agents, v.Name)
		}
	}
	found, err := Variables(repository(t), table, agents)
	report(t, found, err)
}

func TestAMisusedVariableIsNamed(t *testing.T) {
	table := map[string]string{"HERMES_UID": "", "S6_KEEP_ENV": "0", "HERMES_PORT": "9119", "VERSION": "", "HERMES_HOME_MODE": ""}
	files := map[string]string{
		"Dockerfile":            "FROM x\n",
		declarations:            "package env\n\nconst KeepEnv Number = \"S6_KEEP_ENV=0\"\n",
		"internal/pid1/a/a.go":  "package a\n\nvar keep = env.KeepEnv.Of(nil)\n",
		"internal/a/a.go":       "package a\n\nvar uid, v = get(\"HERMES_UID\"), getenv(\"VERSION\")\n",
		"rootfs/etc/run":        "port=${HERMES_PORT:-9119}\n",
		"internal/a/a_test.go":  "package a\n\nvar x = \"HERMES_IN_A_TEST\"\n",
		"tests/docker/x/env.go": "package x\n\nvar x = \"HERMES_OF_A_TEST\"\n",
	}
	cases := map[string]struct{ file, text, want string }{
		"code reads a name outside of the table":       {"internal/b/b.go", "package b\n\nvar x = get(\"HERMES_NEW\")\n", "internal/b/b.go:3: HERMES_NEW is not in the table"},
		"a call of getenv does, whatever the family":   {"internal/b/b.go", "package b\n\nvar x = os.Getenv(\"CHANNEL\")\n", "internal/b/b.go:3: CHANNEL is not in the table"},
		"a message names one":                          {"internal/b/b.go", "package b\n\nvar x = \"set HERMES_NEW=1\"\n", "internal/b/b.go:3: HERMES_NEW is not in the table"},
		"a script does":                                {"rootfs/etc/other", "\necho $HERMES_NEW\n", "rootfs/etc/other:2: HERMES_NEW is not in the table"},
		"a script has another default":                 {"rootfs/etc/run", "port=${HERMES_PORT:-9118}\n", "make them equal"},
		"a program of the image names one by a string": {"internal/front/b/b.go", "package b\n\nvar x = get(\"HERMES_UID\")\n", "internal/front/b/b.go:3: HERMES_UID is named by a string: name it by its constant"},
		"it sets one by a string":                      {"cmd/b/b.go", "package b\n\nvar x = \"HERMES_UID=\" + uid\n", "cmd/b/b.go:3: HERMES_UID is named by a string"},
		"a constant that nothing uses":                 {"internal/pid1/a/a.go", "package a\n", "lists S6_KEEP_ENV, which nothing reads"},
		"a row that nothing reads":                     {"rootfs/etc/run", "\n", "lists HERMES_PORT, which nothing reads"},
		"a row that is only a test's":                  {"internal/a/a.go", "package a\n\nvar v = getenv(\"VERSION\")\n", "lists HERMES_UID, which nothing reads"},
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
