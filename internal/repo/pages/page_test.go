package pages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPageIsASequence(t *testing.T) {
	t.Parallel()
	page := Read(strings.Join([]string{
		"# Start", "", "Say who you are.", "", // 1
		"> ```sh", "> export A=1   # of yours", "> docker run \\", ">   -e A \\", ">   IMG", "> ```", "", // 5
		"It prints:", "", "```text", "one", "…", "```", "", // 12
		"## Files", "", "1. Write", "", "   ```yaml", "   # compose.yaml", "   services:", "     a: {}", "   ```", // 19
		"```sh", "cat >b <<'END'", "  two  # words", "END", "# a comment", "```", // 28
		"```console", "$ docker ps", "CONTAINER  ID", "$ true", "```", // 34
		"```text", "no output of these", "```", // 39
	}, "\n"))
	want := []Step{
		{Line: 6, Section: 1, Text: "export A=1"},
		{Line: 7, Section: 1, Text: "docker run -e A IMG", Want: Output{15, "one\n…", 2}},
		{Line: 24, Section: 19, Text: "# compose.yaml\nservices:\n  a: {}\n", File: "compose.yaml"},
		{Line: 29, Section: 19, Text: "cat >b <<'END'\n  two  # words\nEND"},
		{Line: 35, Section: 19, Text: "docker ps", Want: Output{36, "CONTAINER  ID", 1}},
		{Line: 37, Section: 19, Text: "true"},
	}
	if diff := cmp.Diff(want, page.Steps); diff != "" {
		t.Error(diff)
	}
	if len(page.Commands()) != 5 {
		t.Errorf("want 5 commands, got %v", page.Commands())
	}
}

func TestOutputIsThePromisedOne(t *testing.T) {
	t.Parallel()
	const printed = "✓ gateway-default is up\n  PID:         63\n  Uptime:      11s\n  Started: 2026-11-27T06:32:51Z\n\nimage 4f66ad9a1b2c\n"
	for name, c := range map[string]struct{ page, want string }{
		"as it is":               {printed, ""},
		"of another run":         {"✓ gateway-default is up\n PID: 7\nUptime: 1h2m3s\nStarted: 2025-01-01T00:00:00Z\nimage 0123456789abcdef", ""},
		"a part of a line":       {"✓ … is up\n…", ""},
		"lines left out":         {"…\n  Uptime: …\n…\nimage …", ""},
		"a line that is missing": {"…\n  Memory: …\n…", `41: the output has no "Memory: …"`},
		"another word":           {"✓ gateway-default is down\n…", `40: the output has no "✓ gateway-default is down"`},
		"an output that ends":    {"✓ gateway-default is up", `40: the output also has "PID: 0"`},
	} {
		line, why, ok := Output{Line: 40, Text: c.page, Steps: 1}.Differs(printed)
		got := Finding{line, why}.Against("p")
		if ok != (c.want == "") || !strings.HasPrefix(got, "p:"+c.want) && !ok {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}

func TestWhatCannotWorkIsFound(t *testing.T) {
	t.Parallel()
	const ids = ` -e HERMES_UID="$(id -u)" -e HERMES_GID="$(id -g)"`
	page := func(lines ...string) string { return "## S\n```sh\n" + strings.Join(lines, "\n") + "\n```\n" }
	for name, c := range map[string]struct{ page, want string }{
		"ids in one command":       {page("docker run -v d:/opt/data I gateway run", "docker run"+ids+" -v d:/opt/data I id"), "3: lacks HERMES_UID"},
		"ids in all":               {page("docker run"+ids+" -v d:/opt/data I gateway run", "docker run"+ids+" -v d:/opt/data I id"), ""},
		"ids on another volume":    {page("docker run -v c:/opt/data I", "docker run"+ids+" -v d:/opt/data I id"), ""},
		"a port that is dropped":   {page("docker run --name a -p 127.0.0.1:1:8642 I", "docker rm a", "docker run --name a I"), `5: drops "-p 8642"`},
		"a variable that is":       {page("docker run --name a -e K=1 I", "docker run --name a I"), `4: drops "-e K"`},
		"another section":          {page("docker run --name a -e K=1 I") + page("docker run --name a I"), ""},
		"more than before":         {page("docker run --name a -e K=1 I", "docker run --name a -e K=1 -e L=1 I"), ""},
		"a dashboard of nobody's":  {page("docker run -e HERMES_DASHBOARD=1 I"), "3: starts a dashboard"},
		"a dashboard that is seen": {page("docker run -e HERMES_DASHBOARD=1 -p 127.0.0.1:9119:9119 I"), ""},
		"a tunnel to nowhere":      {"To reach it,\ntunnel with `ssh -L`.\n", "1: ssh -L ends"},
		"a tunnel to somewhere":    {"With `-p 127.0.0.1:9119:9119`, `ssh -N -L 1:localhost:9119 host`.\n", ""},
	} {
		found := Read(c.page).Findings()
		switch {
		case c.want == "" && len(found) == 0:
		case len(found) != 1 || c.want == "" || !strings.HasPrefix(found[0].Against("p"), "p:"+c.want):
			t.Errorf("%s: want %q, got %v", name, c.want, found)
		}
	}
}

func TestTheListSaysWhatDoesNotRunWithItsPage(t *testing.T) {
	t.Parallel()
	list, err := ParseList("# why\nci: mage build\nnever (needs: a (GPU)): docker run\napart (its commands: apart): docs/a.md\n")
	want := List{Proofs: []Proof{{"mage build", "ci", ""}, {"docker run", "never", "needs: a (GPU)"}}, Apart: map[string]string{"docs/a.md": "its commands: apart"}}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := ParseList("mage build\n"); err == nil {
		t.Error("want an entry without a proof refused")
	}
}
