package laws

import (
	"regexp"
	"testing"

	"caduceus/internal/repo/pages"
)

// followed are the pages that a reader follows, and the list of what does not run with them.
func followed(t *testing.T, tree Tree) (map[string]string, pages.List) {
	t.Helper()
	documents := map[string]string{}
	for page := range tree.Files("*.md") {
		if pages.Followed(page.Name) {
			documents[page.Name] = page.Text
		}
	}
	if len(documents) < 10 {
		t.Fatalf("want the README and the guide, got %d pages", len(documents))
	}
	text, _ := tree.File(commandList)
	list, err := pages.ParseList(text.Text)
	if err != nil {
		t.Fatal(err)
	}
	return documents, list
}

func TestEachCommandOfTheDocumentsHasAProof(t *testing.T) {
	tree := repository(t)
	documents, list := followed(t, tree)
	ci, _ := tree.File(".ci/run")
	report(t, Readme(documents, ci.Text, list, testNames(tree)), nil)
}

func TestPagesCanBeFollowed(t *testing.T) {
	report(t, Followed(followed(t, repository(t))), nil)
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

func TestPagesOfUsersAreFollowed(t *testing.T) {
	for name, want := range map[string]bool{
		"README.md": true, "docs/start/quick-start.md": true, "docs/new/a.md": true, "docs/README.md": false, "docs/spec/contract.md": false,
		"docs/adr/0001-x.md": false, "docs/reference/cli.md": false, "docs/contributing/test.md": false, "deploy/README.md": false, "docs/guide/a.sh": false,
	} {
		if got := pages.Followed(name); got != want {
			t.Errorf("%s: want %v, got %v", name, want, got)
		}
	}
}

func TestAPageThatCannotBeFollowedIsNamed(t *testing.T) {
	documents := map[string]string{"README.md": "```sh\ndocker run -e HERMES_DASHBOARD=1 IMG\n```\n"}
	wantOne(t, Followed(documents, pages.List{}), "README.md:2: starts a dashboard")
	if found := Followed(documents, pages.List{Apart: map[string]string{"README.md": "why"}}); len(found) != 0 {
		t.Errorf("want a page that is listed left out, got %v", found)
	}
}

func TestACommandWithoutProofIsNamed(t *testing.T) {
	readme := map[string]string{"README.md": "```sh\ngo tool mage build   # all of it\n```\n"}
	tests := map[string]bool{"TestRun": true}
	const ci = "go tool mage build\n"
	if found := Readme(readme, ci, pages.List{Proofs: []pages.Proof{{Command: "go tool mage build", Where: "ci"}}}, tests); len(found) != 0 {
		t.Fatalf("the good case is refused: %v", found)
	}
	for name, c := range map[string]struct {
		ci    string
		proof pages.Proof
		want  string
	}{
		"a stale entry":                  {ci, pages.Proof{Command: "mage publish", Where: "ci"}, "stale entry"},
		"a command that CI does not run": {"", pages.Proof{Command: "go tool mage build", Where: "ci"}, ".ci/run does not"},
		"a test that does not exist":     {ci, pages.Proof{Command: "go tool mage build", Where: "TestGone"}, "no such test"},
		"an exception without reason":    {ci, pages.Proof{Command: "go tool mage build", Where: "never"}, "no reason"},
		"an entry for what runs anyway":  {ci, pages.Proof{Command: "go tool mage build", Where: pages.Walked}, "delete the line"},
	} {
		t.Run(name, func(t *testing.T) {
			wantOne(t, Readme(readme, c.ci, pages.List{Proofs: []pages.Proof{c.proof}}, tests), c.want)
		})
	}
	for reason, want := range map[string]string{"": "no reason", "why": "not there"} {
		page := map[string]string{"": "README.md", "why": "docs/gone.md"}[reason]
		wantOne(t, Readme(readme, ci, pages.List{Apart: map[string]string{page: reason}}, tests), want)
	}
}
