package s6

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// supervised makes a service directory that looks supervised until the end of
// the test.
func supervised(t *testing.T, status Status) string {
	t.Helper()
	base := t.TempDir()
	if err := os.Mkdir(filepath.Join(base, SuperviseDir), 0o700); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, filepath.Join(base, SuperviseDir))
	lock, err := d.Lock(LockFile, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Unlock(lock) })
	if err := d.Replace(StatusFile, status.Encode()); err != nil {
		t.Fatal(err)
	}
	return base
}

func TestSvstatMain(t *testing.T) {
	clause.Proves(t, "SVC-01", "SVC-04", "SVC-05")
	dir := supervised(t, Status{Stamp: time.Now(), Pid: 77, PGID: 77, WantUp: true})
	looping := supervised(t, Status{Stamp: time.Now(), Wait: 9, WantUp: true, Ready: true})
	d := openDir(t, filepath.Join(looping, SuperviseDir))
	if err := d.Replace(BackoffFile, Backoff{Fails: 6, Next: at(0)}.Encode()); err != nil {
		t.Fatal(err)
	}
	if err := d.Replace(TallyFile, EncodeTally(make([]Death, 8))); err != nil {
		t.Fatal(err)
	}
	broken := supervised(t, Status{})
	if err := os.WriteFile(filepath.Join(broken, SuperviseDir, StatusFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"line", []string{dir}, 0, "up (pid 77) 0 seconds\n"},
		{"letters in one word", []string{"-upe", dir}, 0, "true 77 -1\n"},
		{"letters apart", []string{"-u", "-p", "-g", "--", dir}, 0, "true 77 77\n"},
		{"list in the word", []string{"-oup,pid", dir}, 0, "true 77\n"},
		{"list after letters", []string{"-no", "wantedup", "-s", dir}, 0, "true NA\n"},
		{"crash loop", []string{"-o", "restarts,crashloop,nextstart", looping}, 0, "8 true @400000006955b92500000000\n"},
		{"not supervised", []string{t.TempDir()}, 1, ""},
		{"no directory", nil, 100, ""},
		{"unknown letter", []string{"-z", dir}, 100, ""},
		{"unknown field", []string{"-o", "up,down", dir}, 100, ""},
		{"list missing", []string{"-o"}, 100, ""},
		{"broken status", []string{broken}, 111, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := SvstatMain(tt.args, &out, &errs); code != tt.code || out.String() != tt.out {
				t.Errorf("exit %d, %q, want %d, %q; said %s", code, out.String(), tt.code, tt.out, errs.String())
			}
			if tt.code != 0 && (strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "s6-svstat: ")) {
				t.Errorf("said %q", errs.String())
			}
		})
	}
}
