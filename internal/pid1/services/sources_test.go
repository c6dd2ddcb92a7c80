package services

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func write(t *testing.T, mode os.FileMode, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, mode); err != nil {
		t.Fatal(err)
	}
}

func TestASupervisorGetsTheFilesItReadsOfADefinition(t *testing.T) {
	clause.Proves(t, "SUP-64")
	t.Parallel()
	src, dst := t.TempDir(), filepath.Join(t.TempDir(), "svc")
	for _, file := range []string{"run", "finish", "notification-fd", "timeout-kill", "type", "down", "env/X", "data/check", "dependencies.d/base", "log/run"} {
		write(t, 0o644, src, file)
	}
	if err := installLongrun(src, dst); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := filepath.WalkDir(dst, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			rel, _ := filepath.Rel(dst, path)
			got = append(got, fmt.Sprintf("%s %o", rel, info.Mode().Perm()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"data/check 644", "down 644", "env/X 644", "finish 755", "notification-fd 644", "run 755", "timeout-kill 644"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
