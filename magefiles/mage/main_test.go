package main

import (
	"strings"
	"testing"
)

// An unknown target is an error that names the next command.
func TestAnUnknownTargetIsNamed(t *testing.T) {
	t.Chdir("../..")
	var stdout, stderr strings.Builder
	code := run([]string{"nosuch"}, strings.NewReader(""), &stdout, &stderr)
	want := "Unknown target specified: \"nosuch\"\nrun \"go tool mage -l\" for the list of targets, \"go tool mage -h TARGET\" for what one takes\n"
	if code != usage || stderr.String() != want || stdout.String() != "" {
		t.Errorf("exit code %d, stderr %q, stdout %q; want %d, %q and nothing", code, &stderr, &stdout, usage, want)
	}
}

func TestTheListAndTheHelpAreOurs(t *testing.T) {
	t.Chdir("../..")
	var stdout, stderr strings.Builder
	if code := run([]string{"-l"}, strings.NewReader(""), &stdout, &stderr); code != 0 || stderr.String() != "" || !strings.Contains(stdout.String(), "\n  build:full  ") {
		t.Errorf("exit code %d, stderr %q, stdout %q", code, &stderr, &stdout)
	}
	stdout.Reset()
	if code := run([]string{"-h", "build"}, strings.NewReader(""), &stdout, &stderr); code != 0 || stderr.String() != "" || !strings.Contains(stdout.String(), "\nExamples:\n  go tool mage build\n") {
		t.Errorf("exit code %d, stderr %q, stdout %q", code, &stderr, &stdout)
	}
}
