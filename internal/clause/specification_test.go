package clause

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

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

func TestClausesAreFound(t *testing.T) {
	known, faults, err := Read(pageWith(""))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	if want := []string{"GW-01", "FAULT-01", "SUP-101"}; !slices.Equal(known.IDs(), want) {
		t.Errorf("got %v, want %v", known.IDs(), want)
	}
	if last := known[len(known)-1]; last != (Clause{"SUP-101", "docs/spec/contract.md", 10, false}) {
		t.Errorf("want SUP-101 with its file and line, got %+v", last)
	}
}

func TestFaultsOfASpecificationAreNamed(t *testing.T) {
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
			_, faults, err := Read(tree)
			if err != nil || len(faults) != 1 {
				t.Fatalf("want one fault, got %v, %v", faults, err)
			}
			if got := fmt.Sprintf("%s:%d: %s", faults[0].File, faults[0].Line, faults[0].Text); !strings.Contains(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
	if _, _, err := Read(fstest.MapFS{}); err == nil {
		t.Error("a tree without specifications is sound")
	}
}
