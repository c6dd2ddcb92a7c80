package laws

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// specification reads the clauses of the real tree, which must be sound.
func specification(t *testing.T, tree fs.FS) Clauses {
	t.Helper()
	known, found, err := Specification(tree)
	report(t, found, err)
	return known
}

func TestSpecification(t *testing.T) {
	_, tree := repository(t)
	known := specification(t, tree)
	cited, err := Citations(tree, known)
	if err != nil || len(cited) < 1000 {
		t.Fatalf("want the citations of the tree, found %d (%v)", len(cited), err)
	}
	report(t, Cited(known, cited), nil)
}

const soundPage = `# Contract

- <a id="gw-01"></a>**GW-01** One.
- **GW-02** dropped: nobody wants it.

| a | b |
|---|---|
| <a id="fault-01"></a>**FAULT-01** | as GW-01 |

<a id="sup-101"></a>**SUP-101** *(deviates)* Text.
`

func pageWith(lines string) fstest.MapFS {
	return fstest.MapFS{
		"docs/spec/README.md":   {Data: []byte("- GW-01 is an ID\n")},
		"docs/spec/contract.md": {Data: []byte(soundPage + lines)},
	}
}

func TestSpecificationReadsClauses(t *testing.T) {
	known, found, err := Specification(pageWith(""))
	report(t, found, err)
	if want := []string{"GW-01", "FAULT-01", "SUP-101"}; !slices.Equal(known.IDs(), want) {
		t.Errorf("got %v, want %v", known.IDs(), want)
	}
	if last := known[len(known)-1]; last != (Clause{"SUP-101", "docs/spec/contract.md", 10, false}) {
		t.Errorf("got %+v", last)
	}
}

func TestSpecificationRefuses(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"a double ID":                   {`- <a id="gw-01"></a>**GW-01** Two.`, "docs/spec/contract.md:11: has GW-01 again, which stands at docs/spec/contract.md:3"},
		"the ID of a dropped clause":    {`- <a id="gw-02"></a>**GW-02** Two.`, "has GW-02 again, which stands at docs/spec/contract.md:4"},
		"a clause without anchor":       {"- **GW-03** Three.", `docs/spec/contract.md:11: GW-03 has no anchor: put <a id="gw-03"></a>`},
		"a clause as plain text":        {"- GW-03 Three.", "GW-03 has no anchor"},
		"a row as plain text":           {"| FAULT-02 | b |", "FAULT-02 has no anchor"},
		"an anchor of another clause":   {`- <a id="gw-04"></a>**GW-03** Three.`, `GW-03 has the anchor "gw-04"`},
		"an anchor in capitals":         {`- <a id="GW-03"></a>**GW-03** Three.`, `GW-03 has the anchor "GW-03": call it "gw-03"`},
		"an anchor without a clause":    {`- <a id="gw-03"></a> Three.`, `the anchor "gw-03" has no clause`},
		"a dropped clause with anchor":  {`- <a id="gw-03"></a>**GW-03** dropped: why.`, "GW-03 is dropped and has an anchor"},
		"a double ID on another's page": {"", "docs/spec/supervision.md:1: has GW-01 again"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := pageWith(c.line + "\n")
			if c.line == "" {
				tree["docs/spec/supervision.md"] = &fstest.MapFile{Data: []byte("- <a id=\"gw-01\"></a>**GW-01** Two.\n")}
			}
			_, found, err := Specification(tree)
			if err != nil {
				t.Fatal(err)
			}
			wantOne(t, found, c.want)
		})
	}
	if _, _, err := Specification(fstest.MapFS{}); err == nil {
		t.Error("a tree without specifications is sound")
	}
}

func TestCitedRefuses(t *testing.T) {
	known, _, err := Specification(pageWith(""))
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
			tree := pageWith("")
			tree[c.file] = &fstest.MapFile{Data: []byte(c.text)}
			cited, err := Citations(tree, known)
			if err != nil {
				t.Fatal(err)
			}
			wantOne(t, Cited(known, cited), c.want)
		})
	}
	sound := fstest.MapFS{"a/a.go": {Data: []byte("// GW-01 in UTF-08, SHA-256\n// contract: SUP-101\n")}}
	if cited, err := Citations(sound, known); err != nil || len(Cited(known, cited)) != 0 {
		t.Errorf("the sound case is refused: %v (%v)", Cited(known, cited), err)
	}
}

// Each deviation that the contract records stands in the guide.
func TestTheGuideListsTheDeviations(t *testing.T) {
	_, tree := repository(t)
	guide, err := fs.ReadFile(tree, "docs/guide/deviations.md")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := fs.ReadFile(tree, "docs/spec/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	recorded := 0
	for line := range strings.Lines(string(contract)) {
		if m := clauseStart.FindStringSubmatch(line); m != nil && strings.Contains(strings.ToLower(line), "recorded deviation") {
			recorded++
			if !strings.Contains(string(guide), m[2]) {
				t.Errorf("docs/guide/deviations.md: lacks %s, a recorded deviation of the contract", m[2])
			}
		}
	}
	if recorded < 5 {
		t.Errorf("want the contract's deviations, got %d", recorded)
	}
}
