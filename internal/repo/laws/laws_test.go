package laws

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// root is the repository, as seen from this package.
const root = "../../.."

func repository(t *testing.T) Tree {
	t.Helper()
	tree, err := Read(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// tree is a made-up repository.
func tree(t *testing.T, files map[string]string) Tree {
	t.Helper()
	made := fstest.MapFS{}
	for name, text := range files {
		made[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := Read(made)
	if err != nil {
		t.Fatal(err)
	}
	return tree
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

func TestOneGoVersionEverywhere(t *testing.T) {
	report(t, GoVersion(repository(t)), nil)
}

func TestGoVersionRefusesAnotherOne(t *testing.T) {
	files := map[string]string{
		"go.mod": "module caduceus\n\ngo 1.26.8\n", "ci/go.mod": "module x\n\ngo 1.26.8\n", "Dockerfile": "ARG BASE\nARG GO_IMAGE=golang:1.26.8-trixie\n",
	}
	report(t, GoVersion(tree(t, files)), nil)
	files["Dockerfile"] = "ARG BASE\nARG GO_IMAGE=golang:1.26.7-trixie\n"
	wantOne(t, GoVersion(tree(t, files)), "Dockerfile:2: has Go 1.26.7, go.mod has 1.26.8")
	delete(files, "Dockerfile")
	wantOne(t, GoVersion(tree(t, files)), "Dockerfile: names no Go version")
}
