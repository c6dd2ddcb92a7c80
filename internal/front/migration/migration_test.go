package migration

import (
	"os"
	"path/filepath"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheStateFollowsTheBytesAndTheRights(t *testing.T) {
	clause.Proves(t, "SETUP-43")
	dir := t.TempDir()
	config, keys := filepath.Join(dir, "config.yaml"), filepath.Join(dir, ".env")
	seen := map[string]string{}
	step := func(name string, errs ...error) {
		t.Helper()
		must(t, errs...)
		state := StateOf(dir)
		if before, known := seen[state]; known {
			t.Errorf("%s: as %s", name, before)
		}
		seen[state] = name
		if again := StateOf(dir); again != state {
			t.Errorf("%s: it changes by itself", name)
		}
	}
	step("nothing")
	step("a configuration", os.WriteFile(config, []byte("a: 1\n"), 0o600))
	step("another one", os.WriteFile(config, []byte("a: 2\n"), 0o600))
	step("keys", os.WriteFile(keys, []byte("A=1\n"), 0o600))
	step("a directory for keys", os.Remove(keys), os.Mkdir(keys, 0o700))
}

func TestAFailureIsRememberedAndForgotten(t *testing.T) {
	clause.Proves(t, "SETUP-43")
	d, err := held.Open(t.TempDir(), held.RefuseLinks)
	must(t, err)
	defer func() { _ = d.Close() }()
	if _, ok := Read(d); ok {
		t.Error("an empty volume remembers")
	}
	want := Failure{Latest: 33, State: "x", Cause: "c", Fix: "f"}
	must(t, Forget(d), Write(d, want))
	if got, ok := Read(d); !ok || got != want {
		t.Errorf("%+v", got)
	}
	for _, text := range []string{"", "[]", "{", `{"latest":"x"}`, `{"latest":1}`} {
		must(t, d.WriteFile(file, []byte(text), held.Write{Mode: 0o600}))
		if got, ok := Read(d); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
	must(t, Forget(d), Forget(d))
}
