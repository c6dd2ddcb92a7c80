package laws

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func repository(t *testing.T) (string, fs.FS) {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root, os.DirFS(root)
}

func report(t *testing.T, found []Violation, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// wantOne demands exactly one violation that has the given words.
func wantOne(t *testing.T, found []Violation, words string) {
	t.Helper()
	if len(found) != 1 || !strings.Contains(found[0].String(), words) {
		t.Errorf("want one violation with %q, got %v", words, found)
	}
}

func TestFileSizes(t *testing.T) {
	_, tree := repository(t)
	found, err := FileSizes(tree)
	report(t, found, err)
}

func TestFileSizesRefusesLongFilesAndMains(t *testing.T) {
	found, err := FileSizes(fstest.MapFS{
		"a/long.go": {Data: []byte("package a\n" + strings.Repeat("\n", 400))},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, found, "a/long.go: has 401 lines")

	found, err = FileSizes(fstest.MapFS{
		"b/main.go": {Data: []byte("package main\nfunc main() {\n" + strings.Repeat("\n", 20) + "}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, found, "main has 22 lines")
}

func TestPackageDocs(t *testing.T) {
	_, tree := repository(t)
	found, err := PackageDocs(tree)
	report(t, found, err)
}

func TestPackageDocsRefusesMissingAndShort(t *testing.T) {
	cases := map[string]struct {
		doc, want string
	}{
		"no doc.go":             {"", "is missing"},
		"a comment of one line": {"// Package a is not much.\npackage a\n", "fewer than 5 lines"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{"a/a.go": {Data: []byte("package a\n")}}
			if c.doc != "" {
				tree["a/doc.go"] = &fstest.MapFile{Data: []byte(c.doc)}
			}
			found, err := PackageDocs(tree)
			if err != nil {
				t.Fatal(err)
			}
			wantOne(t, found, c.want)
		})
	}
}

func TestGoVersion(t *testing.T) {
	_, tree := repository(t)
	found, err := GoVersion(tree)
	report(t, found, err)
}

func TestGoVersionRefusesADockerfileBehind(t *testing.T) {
	found, err := GoVersion(fstest.MapFS{
		"go.mod":     {Data: []byte("module caduceus\n\ngo 1.26.8\n")},
		"Dockerfile": {Data: []byte("ARG BASE\nARG GO_IMAGE=golang:1.26.7-trixie\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, found, "Dockerfile:2: has Go 1.26.7, go.mod has 1.26.8")
}

func TestReadme(t *testing.T) {
	root, tree := repository(t)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	guide, err := fs.Glob(tree, "docs/guide/*.md")
	if err != nil || len(guide) < 10 {
		t.Fatalf("want the pages of the guide, got %v (%v)", guide, err)
	}
	documents := map[string]string{"README.md": read("README.md")}
	for _, name := range guide {
		documents[name] = read(name)
	}
	proofs, err := ParseProofs(read("tests/readme-commands.txt"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, Readme(documents, read(".ci/run"), proofs, testNames(t, tree)), nil)
}

func testNames(t *testing.T, tree fs.FS) map[string]bool {
	t.Helper()
	files, err := goFiles(tree)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	re := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, name := range files {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range re.FindAllStringSubmatch(string(src), -1) {
			names[m[1]] = true
		}
	}
	return names
}

func TestReadmeRefuses(t *testing.T) {
	readme := map[string]string{
		"README.md": "```sh\ngo tool mage build   # all of it\n```\n", "docs/guide/running.md": "```sh\ndocker run \\\n  IMG\n```\n",
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
		"a command without proof":        {ci, good[:1], `docs/guide/running.md:2: shows "docker run IMG"`},
		"a stale entry":                  {ci, append([]Proof{{"mage publish", "ci", ""}}, good...), "stale entry"},
		"a command that CI does not run": {"", good, ".ci/run does not"},
		"a test that does not exist":     {ci, []Proof{good[0], {"docker run IMG", "TestGone", ""}}, "no such test"},
		"an exception without reason":    {ci, []Proof{good[0], {"docker run IMG", "never", ""}}, "no reason"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { wantOne(t, Readme(readme, c.ci, c.proofs, tests), c.want) })
	}
}
