package imageenv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func image() env.Environ {
	return env.Environ{
		"HERMES_HOME=/opt/data", "HERMES_WRITE_SAFE_ROOT=/opt/data", "HERMES_LAZY_INSTALL_TARGET=/opt/data/lazy-packages",
		"HERMES_WEB_DIST=/opt/hermes/web", "HERMES_TUI_DIR=/opt/hermes/ui-tui", "PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright", "PYTHONUNBUFFERED=1",
		"PATH=/opt/hermes/bin:/usr/bin:/opt/data/.local/bin",
	}
}

// rooted makes the files of an image, and returns the prefix of its paths.
func rooted(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range files {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPathsOfTheVolumeFollowTheHome(t *testing.T) {
	clause.Proves(t, "ENV-15")
	root := rooted(t, "opt/hermes/web/index.html", "opt/hermes/ui-tui/dist/entry.js")
	for name, c := range map[string]struct {
		home  string
		given env.Environ
		want  map[string]string // what is different
	}{
		"the default home":                {"/opt/data", image(), map[string]string{}},
		"another home":                    {"/data/hermes", image(), map[string]string{"HERMES_WRITE_SAFE_ROOT": "/data/hermes", "HERMES_LAZY_INSTALL_TARGET": "/data/hermes/lazy-packages", "PATH": "/opt/hermes/bin:/usr/bin:/data/hermes/.local/bin"}},
		"what the user set stays":         {"/data", env.Environ{"HERMES_WRITE_SAFE_ROOT=/opt/data:/workspace"}, map[string]string{}},
		"set to nothing, it stays so":     {"/data", env.Environ{"HERMES_WRITE_SAFE_ROOT="}, map[string]string{}},
		"another variable that names it":  {"/data", env.Environ{"MY_DIR=/opt/data"}, map[string]string{}},
		"a name that only begins like it": {"/data", env.Environ{"HERMES_LAZY_INSTALL_TARGET=/opt/database"}, map[string]string{}},
		"a PATH that follows already":     {"/data", env.Environ{"PATH=/data/.local/bin:/opt/data/.local/bin"}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for _, change := range Changes(root, c.home, c.given, image()) {
				got[change.Name] = change.Value
				if change.Gone != "" {
					t.Errorf("%s: %q counts as gone", change.Name, change.Gone)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPathOfAnotherImageIsReplaced(t *testing.T) {
	clause.Proves(t, "MOVE-03")
	root := rooted(t, "opt/hermes/.playwright/chromium-1/chrome", "opt/hermes/web/index.html", "opt/hermes/ui-tui/dist/entry.js", "opt/hermes/tools/x.py", "opt/hermes/mine/index.html")
	given := env.Environ{
		"HERMES_WEB_DIST=/opt/hermes/tools", // is there, and has no page
		"HERMES_TUI_DIR=/opt/hermes/gone",
		"PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/tools",   // is there, and has no browser
		"HERMES_BUNDLED_SKILLS=/opt/hermes/old/skills", // the image sets none
		"MY_TOOL=/opt/hermes/gone",
		"HERMES_ORIG_CWD=/opt/hermes/gone",
		"AGENT_BROWSER_EXECUTABLE_PATH=/usr/bin/gone",
	}
	want := env.Environ{
		"MY_TOOL=/opt/hermes/gone", "HERMES_ORIG_CWD=/opt/hermes/gone", "AGENT_BROWSER_EXECUTABLE_PATH=/usr/bin/gone",
		"HERMES_WEB_DIST=/opt/hermes/web", "HERMES_TUI_DIR=/opt/hermes/ui-tui",
		"PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright",
	}
	changes := Changes(root, "/opt/data", given, image())
	if diff := cmp.Diff(want, Apply(given, changes)); diff != "" {
		t.Error(diff)
	}
	if len(changes) != 4 || changes[0].Gone != "/opt/hermes/tools/index.html" {
		t.Errorf("got %+v", changes)
	}
	if kept := Changes(root, "/opt/data", env.Environ{"HERMES_WEB_DIST=/opt/hermes/mine"}, image()); len(kept) != 0 {
		t.Errorf("a derived image's own is replaced: %+v", kept)
	}
}
