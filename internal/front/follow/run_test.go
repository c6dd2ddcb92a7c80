package follow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// box is a volume with profiles, and a scandir without an init.
type box struct {
	Follower
	home, scandir string
	said, adopted []string
	fail          error
}

func newBox(t *testing.T, profiles ...string) *box {
	t.Helper()
	b := &box{home: t.TempDir(), scandir: t.TempDir()}
	for _, name := range profiles {
		b.profile(t, name)
		b.slot(t, name)
	}
	b.slot(t, "default")
	b.Follower = Follower{
		Home: profile.Home(b.home), Scandir: gateway.Scandir{Path: b.scandir},
		Say: func(format string, args ...any) { b.said = append(b.said, fmt.Sprintf(format, args...)) },
		Adopt: func(_ context.Context, name string, renamed bool) (string, error) {
			if b.fail != nil {
				return "", b.fail
			}
			b.adopted = append(b.adopted, fmt.Sprint(name, " ", renamed))
			return name, os.Mkdir(filepath.Join(b.scandir, "gateway-"+name), 0o755)
		},
	}
	return b
}

func (b *box) profile(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join(b.home, "profiles", name)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "SOUL.md"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (b *box) slot(t *testing.T, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(b.scandir, "gateway-"+name), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (b *box) slots(t *testing.T) string {
	t.Helper()
	names, err := b.Scandir.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestSlotsFollowAMoveOnTheHost(t *testing.T) {
	clause.Proves(t, "PROF-05")
	b := newBox(t, "coder", "kept")
	b.slot(t, "foreign")
	b.Look(t.Context())
	if err := os.Rename(filepath.Join(b.home, "profiles/coder"), filepath.Join(b.home, "profiles/writer")); err != nil {
		t.Fatal(err)
	}
	b.profile(t, "copy")
	b.Look(t.Context())
	b.Look(t.Context())
	if got := b.slots(t); got != "copy default foreign kept writer" {
		t.Errorf("slots are %q", got)
	}
	if diff := cmp.Diff([]string{"copy false", "writer true"}, b.adopted); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"profiles: removed gateway-coder: its profile is gone", "profiles: copy", "profiles: writer"}, b.said); diff != "" {
		t.Error(diff)
	}
}

func TestAVolumeThatCannotBeReadChangesNothing(t *testing.T) {
	clause.Proves(t, "PROF-05")
	b := newBox(t, "coder")
	b.Look(t.Context())
	profiles := filepath.Join(b.home, "profiles")
	if err := errors.Join(os.RemoveAll(profiles), os.WriteFile(profiles, nil, 0o600)); err != nil { // ENOTDIR
		t.Fatal(err)
	}
	for range 3 {
		b.Look(t.Context())
	}
	if err := os.RemoveAll(b.home); err != nil { // not mounted
		t.Fatal(err)
	}
	for range 3 {
		b.Look(t.Context())
	}
	if got := b.slots(t); got != "coder default" {
		t.Errorf("slots are %q", got)
	}
}

func TestAFailureIsToldOnce(t *testing.T) {
	b := newBox(t)
	b.profile(t, "coder")
	b.fail = errors.New("no room")
	for range 5 {
		b.Look(t.Context())
	}
	b.fail = nil
	b.Look(t.Context())
	if diff := cmp.Diff([]string{"profiles: warning: no room", "profiles: coder"}, b.said); diff != "" {
		t.Error(diff)
	}
}
