package laws

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"caduceus/internal/clause"
)

// specification reads the clauses of the real tree, which must be sound.
func specification(t *testing.T) clause.Clauses {
	t.Helper()
	known, faults, err := clause.Read(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(Violation(f))
	}
	return known
}

func TestCitationsLeadToClauses(t *testing.T) {
	report(t, Citations(repository(t), specification(t)), nil)
}

const soundPage = `# Contract

- <a id="gw-01"></a>**GW-01** One.
- **GW-02** dropped: nobody wants it.
- <a id="sup-101"></a>**SUP-101** as GW-01.
`

func TestACitationOfNoClauseIsNamed(t *testing.T) {
	known, _, err := clause.Read(fstest.MapFS{"docs/spec/contract.md": {Data: []byte(soundPage)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"a comment":              {"a/a.go", "package a\n\n// contract: GW-01, GW-99\n", "a/a.go:3: cites GW-99, which no page of docs/spec has"},
		"a comment's next line":  {"a/a.go", "package a\n\n// spec: SUP-101,\n// SUP-99\n", "a/a.go:4: cites SUP-99"},
		"an unknown family":      {"a/a.go", "// contract: XY-01\n", "a/a.go:1: cites XY-01"},
		"an attribute":           {"a/a_test.go", "t.Attr(\"clause\", \"XY-01\")\n", "cites XY-01"},
		"what a test proves":     {"a/a_test.go", "clause.Proves(t, \"XY-01\")\n", "cites XY-01"},
		"what a check proves":    {"tests/a.go", "Clauses: []string{\"XY-01\"},\n", "cites XY-01"},
		"a scenario":             {"tests/a.go", "suite.Begin(t, \"XY-01\")\n", "cites XY-01"},
		"a decision":             {"docs/adr/0001-a.md", "as GW-99 says\n", "docs/adr/0001-a.md:1: cites GW-99"},
		"a page of the guide":    {"docs/guide/a.md", "(GW-99)\n", "cites GW-99"},
		"a script":               {"rootfs/opt/run", "# GW-99\n", "cites GW-99"},
		"a specification itself": {"docs/spec/b.md", "see GW-99\n", "cites GW-99"},
		"a dropped clause":       {"a/a.go", "// contract: GW-02\n", "cites GW-02, which was dropped (docs/spec/contract.md:4)"},
	} {
		t.Run(name, func(t *testing.T) {
			wantOne(t, Citations(tree(t, map[string]string{"docs/spec/contract.md": soundPage, c.file: c.text}), known), c.want)
		})
	}
	sound := "// GW-01 in UTF-08, SHA-256\n// contract: SUP-101\n"
	report(t, Citations(tree(t, map[string]string{"docs/spec/contract.md": soundPage, "docs/spec/README.md": "GW-99 is an ID\n", "a/a.go": sound}), known), nil)
}

// Each deviation that the contract records stands in the guide.
func TestTheGuideListsTheDeviations(t *testing.T) {
	tree := repository(t)
	guide, _ := tree.File("docs/trust/deviations.md")
	contract, _ := tree.File("docs/spec/contract.md")
	recorded := 0
	for _, c := range specification(t) {
		if c.File != contract.Name || c.Dropped {
			continue
		}
		line := strings.SplitN(contract.Text, "\n", c.Line+1)[c.Line-1]
		if !strings.Contains(strings.ToLower(line), "recorded deviation") {
			continue
		}
		recorded++
		if !strings.Contains(guide.Text, c.ID) {
			t.Errorf("docs/trust/deviations.md: lacks %s, a recorded deviation of the contract", c.ID)
		}
	}
	if recorded < 5 {
		t.Errorf("want the contract's deviations, got %d", recorded)
	}
}
