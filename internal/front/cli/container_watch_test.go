package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/setup"
	"caduceus/internal/front/volumelock"
)

func TestAnotherContainerOnTheVolumeIsNamedOnce(t *testing.T) {
	clause.Proves(t, "RUN-10")
	for name, warned := range map[string]bool{"setup saw nobody": false, "setup has warned": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			stderr, err := os.Create(filepath.Join(dir, "stderr"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = stderr.Close() }()
			a := newApp(Env{Environ: []string{"HERMES_HOME=" + dir}, Root: dir, Stderr: stderr})
			if warned {
				mark := filepath.Join(dir, setup.SharedMark)
				if err := os.MkdirAll(filepath.Dir(mark), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(mark, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			other, err := volumelock.Take(dir, volumelock.Container{Hostname: "other"})
			if err != nil {
				t.Fatal(err)
			}
			h := holder{a: a, self: volumelock.Container{Hostname: "self"}}
			defer h.release()
			h.claim()
			h.claim()
			if err := other.Close(); err != nil {
				t.Fatal(err)
			}
			h.claim()
			if got, found := volumelock.Other(dir, volumelock.Container{}); !found || got != h.self {
				t.Errorf("want the volume taken once it is free, got %v, %t", got, found)
			}
			said, err := os.ReadFile(stderr.Name())
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if warned {
				want = 0
			}
			if got := strings.Count(string(said), `hostname "other"`); got != want {
				t.Errorf("want %d lines about the other container, got:\n%s", want, said)
			}
		})
	}
}
