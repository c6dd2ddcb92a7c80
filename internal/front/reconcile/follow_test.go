package reconcile

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

// followed is a volume with profiles, and a scandir without an init.
type followed struct {
	Follower
	root, path    string
	said, adopted []string
	fail          error
}

func newFollowed(t *testing.T, profiles ...string) *followed {
	t.Helper()
	b := &followed{root: t.TempDir(), path: t.TempDir()}
	for _, name := range profiles {
		b.profile(t, name)
		b.slot(t, name)
	}
	b.slot(t, "default")
	b.Follower = Follower{
		home: profile.Home(b.root), scandir: gateway.Scandir{Path: b.path},
		say: func(format string, args ...any) { b.said = append(b.said, fmt.Sprintf(format, args...)) },
		adopt: func(_ context.Context, name string, renamed bool) (Action, error) {
			if b.fail != nil {
				return Action{}, b.fail
			}
			b.adopted = append(b.adopted, fmt.Sprint(name, " ", renamed))
			return Action{Profile: name}, os.Mkdir(filepath.Join(b.path, "gateway-"+name), 0o755)
		},
	}
	return b
}

func (b *followed) profile(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join(b.root, "profiles", name)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "SOUL.md"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (b *followed) slot(t *testing.T, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(b.path, "gateway-"+name), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (b *followed) slots(t *testing.T) string {
	t.Helper()
	names, err := b.scandir.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestSlotsFollowAMoveOnTheHost(t *testing.T) {
	clause.Proves(t, "PROF-05")
	b := newFollowed(t, "coder", "kept")
	b.slot(t, "foreign")
	b.Look(t.Context())
	if err := os.Rename(filepath.Join(b.root, "profiles/coder"), filepath.Join(b.root, "profiles/writer")); err != nil {
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
	if diff := cmp.Diff([]string{
		"profiles: removed gateway-coder: its profile is gone", "profiles: profile=copy prior_state=None action=registered",
		"profiles: profile=writer prior_state=None action=registered",
	}, b.said); diff != "" {
		t.Error(diff)
	}
}

func TestAVolumeThatCannotBeReadChangesNothing(t *testing.T) {
	clause.Proves(t, "PROF-05")
	b := newFollowed(t, "coder")
	b.Look(t.Context())
	profiles := filepath.Join(b.root, "profiles")
	if err := errors.Join(os.RemoveAll(profiles), os.WriteFile(profiles, nil, 0o600)); err != nil { // ENOTDIR
		t.Fatal(err)
	}
	for range 3 {
		b.Look(t.Context())
	}
	if err := os.RemoveAll(b.root); err != nil { // not mounted
		t.Fatal(err)
	}
	for range 3 {
		b.Look(t.Context())
	}
	if got := b.slots(t); got != "coder default" {
		t.Errorf("slots are %q", got)
	}
}

func TestAFailureIsReportedOnce(t *testing.T) {
	b := newFollowed(t)
	b.profile(t, "coder")
	b.fail = errors.New("no room")
	for range 5 {
		b.Look(t.Context())
	}
	b.fail = nil
	b.Look(t.Context())
	if diff := cmp.Diff([]string{"profiles: warning: no room", "profiles: profile=coder prior_state=None action=registered"}, b.said); diff != "" {
		t.Error(diff)
	}
}
