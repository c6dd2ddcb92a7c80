package rc

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// tree makes a file system of "path: content" lines.
func tree(lines ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, line := range lines {
		path, content, _ := strings.Cut(line, ": ")
		fsys[path] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func TestDefinitionsAreReadOrNamedInAnError(t *testing.T) {
	clause.Proves(t, "SUP-64", "SUP-65", "SUP-118")
	t.Parallel()
	for name, c := range map[string]struct {
		sources, bundles fstest.MapFS
		user             string
		err              string
	}{
		"nothing there": {},
		"user of the sources wins": {
			sources: tree("user/type: bundle", "user/contents.d/a: ", "a/type: longrun\n", "a/run: "),
			bundles: tree("user/contents.d/b: "),
			user:    "a",
		},
		"user of the bundle directory": {
			sources: tree("a/type: longrun", "a/run: "),
			bundles: tree("user/contents.d/a: "),
			user:    "a",
		},
		"needs of needs come along, bundles are dissolved": {
			sources: tree("user/type: bundle", "user/contents.d/a: ", "a/type: longrun", "a/run: ", "a/dependencies.d/more: ",
				"more/type: bundle", "more/contents.d/b: ", "b/type: oneshot", "b/up: true", "b/dependencies.d/c: ",
				"c/type: longrun", "c/run: ", "c/dependencies.d/base: ", "unused/type: longrun", "unused/run: "),
			user: "a b c",
		},
		"lists as files": {
			sources: tree("user/type: bundle", "user/contents: # all\na\n\nb\n", "a/type: longrun", "a/run: ", "b/type: longrun", "b/run: "),
			user:    "a b",
		},
		"hidden files are no names": {
			sources: tree("user/type: bundle", "user/contents.d/.keep: ", ".git/x: "),
		},
		"unknown type":          {sources: tree("a/type: daemon"), err: `"a": unknown type "daemon"`},
		"no type":               {sources: tree("a/run: "), err: `"a": open a/type`},
		"longrun: no run":       {sources: tree("a/type: longrun"), err: "needs a file run"},
		"unknown name":          {sources: tree("a/type: longrun", "a/run: ", "a/dependencies.d/b: "), err: `cannot find service "b", named by "a"`},
		"base is taken":         {sources: tree("base/type: bundle"), err: `"base": the name is the init's own`},
		"pipelines":             {sources: tree("a/type: longrun", "a/run: ", "a/producer-for: b"), err: `"a": producer-for`},
		"no number":             {sources: tree("a/type: longrun", "a/run: ", "a/timeout-up: 5s"), err: `"a": a/timeout-up: "5s" is not a number`},
		"no number, down":       {sources: tree("a/type: oneshot", "a/up: x", "a/timeout-down: "), err: `"a": a/timeout-down: "" is not a number`},
		"quotes in oneshot":     {sources: tree("a/type: oneshot", "a/up: echo \"x y\""), err: `a/up: '"' is not supported`},
		"block in oneshot":      {sources: tree("a/type: oneshot", "a/up: if { true } x"), err: `a/up: '{' is not supported`},
		"variable in down":      {sources: tree("a/type: oneshot", "a/up: x", "a/down: echo $X"), err: `a/down: '$' is not supported`},
		"account of a oneshot":  {sources: tree("a/type: oneshot", "a/up: x", "a/account: hermes"), err: `"a": account is for a longrun, this is a oneshot`},
		"account of a bundle":   {sources: tree("a/type: bundle\n", "a/contents.d/b: ", "a/account: hermes"), err: `"a": account is for a longrun, this is a bundle`},
		"account of nobody":     {sources: tree("a/type: longrun", "a/run: ", "a/account: root"), err: `"a": account is "root", and can only be "hermes"`},
		"variable of a oneshot": {sources: tree("a/type: oneshot", "a/up: x", "a/start-if-set: X"), err: `"a": start-if-set is for a longrun, this is a oneshot`},
		"no account":            {sources: tree("a/type: longrun", "a/run: ", "a/account: "), err: `"a": account is "", and can only be "hermes"`},
		"no variable":           {sources: tree("a/type: longrun", "a/run: ", "a/start-if-set: "), err: `"a": start-if-set is "", which is no name of a variable`},
		"a variable's value":    {sources: tree("a/type: longrun", "a/run: ", "a/start-if-set: X=1"), err: `"a": start-if-set is "X=1", which is no name`},
		"two variables":         {sources: tree("a/type: longrun", "a/run: ", "a/start-if-set: X\nY"), err: `"a": start-if-set is "X\nY", which is no name`},
		"cycle": {
			sources: tree("a/type: longrun", "a/run: ", "a/dependencies.d/b: ", "b/type: longrun", "b/run: ", "b/dependencies.d/a: "),
			err:     "cycle a -> b -> a",
		},
		"all that is wrong": {sources: tree("a/type: x", "b/type: y"), err: `"b": unknown type`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := Read(c.sources, c.bundles)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.user, strings.Join(plan.Closure("user"), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADefinitionGivesAUnit(t *testing.T) {
	clause.Proves(t, "SUP-64")
	t.Parallel()
	plan, err := Read(tree(
		"a/type: oneshot", "a/up: #!/command/execlineb -P\n/bin/sh  -e\n/x/y\n", "a/down: stop it", "a/timeout-up: 250\n",
		"a/dependencies.d/legacy-cont-init: ", "a/dependencies.d/fix-attrs: ", "a/dependencies.d/b: ",
		"b/type: longrun", "b/run: ", "b/notification-fd: 3", "b/start-if-set: X\n"), tree())
	if err != nil {
		t.Fatal(err)
	}
	want := Unit{
		Name: "a", Kind: Oneshot, Needs: []string{"b", Base}, Up: []string{"/bin/sh", "-e", "/x/y"},
		Down: []string{"stop", "it"}, TimeoutUp: 250 * time.Millisecond,
	}
	slices.Sort(want.Needs)
	if diff := cmp.Diff(want, plan.Unit("a")); diff != "" {
		t.Error(diff)
	}
	if got := plan.Unit("b").StartIfSet; got != "X" {
		t.Errorf("it starts if %q is set", got)
	}
	if !plan.Unit("b").Notifies {
		t.Error("notification-fd is not seen")
	}
	if diff := cmp.Diff([]string{"b"}, plan.Longruns()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a"}, plan.Dependents("b")); diff != "" {
		t.Error(diff)
	}
}

func TestWalkVisitsServicesAfterThoseTheyNeed(t *testing.T) {
	clause.Proves(t, "SUP-66")
	t.Parallel()
	needs := map[string][]string{"d": {"b", "c"}, "b": {"a"}, "c": {"a", "elsewhere"}}
	var mu sync.Mutex
	var seen []string
	failed := Walk(t.Context(), []string{"d", "c", "b", "a"}, func(n string) []string { return needs[n] },
		func(_ context.Context, name string) error {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, name)
			return nil
		})
	if len(failed) != 0 {
		t.Error(failed)
	}
	if len(seen) != 4 || seen[0] != "a" || seen[3] != "d" {
		t.Errorf("visited in the order %v", seen)
	}
}

func TestWalkSkipsDependentsOfAFailure(t *testing.T) {
	clause.Proves(t, "SUP-66")
	t.Parallel()
	needs := map[string][]string{"b": {"a"}, "c": {"b"}}
	broken := errors.New("broken")
	failed := Walk(t.Context(), []string{"a", "b", "c", "free"}, func(n string) []string { return needs[n] },
		func(_ context.Context, name string) error {
			if name == "a" {
				return broken
			}
			if name != "free" {
				t.Errorf("%q was visited", name)
			}
			return nil
		})
	if !errors.Is(failed["a"], broken) || !errors.Is(failed["b"], ErrSkipped) || !errors.Is(failed["c"], ErrSkipped) || len(failed) != 3 {
		t.Error(failed)
	}
}

func TestIndependentServicesStartSideBySide(t *testing.T) {
	clause.Proves(t, "SUP-66")
	t.Parallel()
	var meet sync.WaitGroup
	meet.Add(3)
	Walk(t.Context(), []string{"a", "b", "c"}, func(string) []string { return nil },
		func(context.Context, string) error {
			meet.Done()
			meet.Wait() // returns only if all three are visited at the same time
			return nil
		})
}

// A definition is used or refused; whatever is in its files, nothing breaks.
func FuzzDefinition(f *testing.F) {
	f.Add("longrun", "", "", "", "")
	f.Add("oneshot\n", "/bin/true", "rm -f /x", "100", "a\n# b\n")
	f.Add("bundle", "", "", "", "base\nuser\n")
	f.Fuzz(func(t *testing.T, kind, up, down, timeout, needs string) {
		plan, err := Read(tree("a/type: "+kind, "a/run: ", "a/up: "+up, "a/down: "+down, "a/timeout-up: "+timeout,
			"a/dependencies: "+needs, "a/contents: "+needs, "b/type: longrun", "b/run: "), tree("user/contents.d/a: "))
		if err != nil {
			if !strings.Contains(err.Error(), `"a"`) && !strings.Contains(err.Error(), "cycle a") {
				t.Errorf("the error does not name the definition: %v", err)
			}
			return
		}
		for _, name := range plan.Closure("user") {
			if plan.Unit(name).Name != name {
				t.Errorf("%q is started and not defined", name)
			}
		}
	})
}
