package laws

import (
	"regexp"
	"testing"
)

func TestEachCommandOfTheDocumentsHasAProof(t *testing.T) {
	tree := repository(t)
	readme, _ := tree.File("README.md")
	documents := map[string]string{readme.Name: readme.Text}
	for page := range tree.Files(Documents()...) {
		documents[page.Name] = page.Text
	}
	if len(documents) < 10 {
		t.Fatalf("want the README and the guide, got %d pages", len(documents))
	}
	list, _ := tree.File("tests/readme-commands.txt")
	ci, _ := tree.File(".ci/run")
	proofs, err := ParseProofs(list.Text)
	if err != nil {
		t.Fatal(err)
	}
	report(t, Readme(documents, ci.Text, proofs, testNames(tree)), nil)
}

func testNames(tree Tree) map[string]bool {
	names := map[string]bool{}
	re := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for file := range tree.Files("*_test.go") {
		for _, m := range re.FindAllStringSubmatch(file.Text, -1) {
			names[m[1]] = true
		}
	}
	return names
}

func TestACommandWithoutProofIsNamed(t *testing.T) {
	readme := map[string]string{
		"README.md": "```sh\ngo tool mage build   # all of it\n```\n", "docs/guide/gateway.md": "```sh\ndocker run \\\n  IMG\n```\n",
	}
	good := []Proof{{"go tool mage build", "ci", ""}, {"docker run IMG", "TestRun", ""}}
	tests := map[string]bool{"TestRun": true}
	const ci = "go tool mage build\n"
	if found := Readme(readme, ci, good, tests); len(found) != 0 {
		t.Fatalf("the good case is refused: %v", found)
	}
	cases := map[string]struct {
		ci     string
		proofs []Proof
		want   string
	}{
		"a command without proof":        {ci, good[:1], `docs/guide/gateway.md:2: shows "docker run IMG"`},
		"a stale entry":                  {ci, append([]Proof{{"mage publish", "ci", ""}}, good...), "stale entry"},
		"a command that CI does not run": {"", good, ".ci/run does not"},
		"a test that does not exist":     {ci, []Proof{good[0], {"docker run IMG", "TestGone", ""}}, "no such test"},
		"an exception without reason":    {ci, []Proof{good[0], {"docker run IMG", "never", ""}}, "no reason"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { wantOne(t, Readme(readme, c.ci, c.proofs, tests), c.want) })
	}
}
