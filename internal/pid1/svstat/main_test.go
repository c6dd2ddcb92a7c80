package svstat

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	"caduceus/internal/s6"
)

func open(t *testing.T, path string) *held.Dir {
	t.Helper()
	d, err := held.Open(path, held.FollowAll)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// supervised makes a service directory that looks supervised until the end of
// the test.
func supervised(t *testing.T, status s6.Status) string {
	t.Helper()
	base := t.TempDir()
	if err := os.Mkdir(filepath.Join(base, s6.SuperviseDir), 0o700); err != nil {
		t.Fatal(err)
	}
	d := open(t, filepath.Join(base, s6.SuperviseDir))
	lock, err := d.Lock(s6.LockFile, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Unlock(lock) })
	if err := d.WriteFile(s6.StatusFile, status.Encode(), held.Write{Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	return base
}

func TestS6SvstatPrintsAndExitsAsDocumented(t *testing.T) {
	clause.Proves(t, "SVC-01", "SVC-04", "SVC-05")
	dir := supervised(t, s6.Status{Stamp: time.Now(), Pid: 77, PGID: 77, WantUp: true})
	looping := supervised(t, s6.Status{Stamp: time.Now(), Wait: 9, WantUp: true, Ready: true})
	d := open(t, filepath.Join(looping, s6.SuperviseDir))
	if err := d.WriteFile(s6.BackoffFile, s6.Backoff{Fails: 6, Next: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}.Encode(), held.Write{Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteFile(s6.TallyFile, s6.EncodeTally(make([]s6.Death, 8)), held.Write{Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	broken := supervised(t, s6.Status{})
	if err := os.WriteFile(filepath.Join(broken, s6.SuperviseDir, s6.StatusFile), []byte("short"), 0o600); err != nil {
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
			if code := Main(tt.args, &out, &errs); code != tt.code || out.String() != tt.out {
				t.Errorf("exit %d, %q, want %d, %q; said %s", code, out.String(), tt.code, tt.out, errs.String())
			}
			if tt.code != 0 && (strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "s6-svstat: ")) {
				t.Errorf("want one line on stderr that begins with s6-svstat, got %q", errs.String())
			}
		})
	}
}
