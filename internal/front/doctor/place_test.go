package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/env"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
	"caduceus/internal/identity"
)

const anonymous = "/var/lib/docker/volumes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/_data"

// made makes directories and, of names with a dot at their end, files; and returns the directory above.
func made(t *testing.T, names ...string) string {
	t.Helper()
	top := t.TempDir()
	for _, name := range names {
		path := filepath.Join(top, strings.TrimSuffix(name, "!"))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if strings.HasSuffix(name, "!") {
			err = os.WriteFile(path, nil, 0o644)
		} else {
			err = os.MkdirAll(path, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// objects lists what was found, without the directory above.
func objects(found []Finding, top string) string {
	var list []string
	for _, f := range found {
		list = append(list, strings.TrimPrefix(f.Object, top))
	}
	return strings.Join(list, " ")
}

func TestAVolumeWhereNothingLooksIsFound(t *testing.T) {
	clause.Proves(t, "MOVE-01")
	top := made(t, "root/.hermes", "home", "home/profiles/x", "work", "home/.hermes", "own/SOUL.md!", "own/.env!", "soul/SOUL.md!", "file!")
	at := func(name string) mounts.Mount {
		return mounts.Mount{Point: filepath.Join(top, name), Source: "/src", Kind: "ext4"}
	}
	for name, c := range map[string]struct {
		table []mounts.Mount
		home  string
		want  string
	}{
		"the place of an older image":   {[]mounts.Mount{at("root/.hermes"), at("home")}, "home", "/root/.hermes"},
		"the home itself":               {[]mounts.Mount{at("home")}, "home", ""},
		"a directory above the home":    {[]mounts.Mount{at("root/.hermes")}, "root/.hermes/data", ""},
		"a directory of the home":       {[]mounts.Mount{at("home/profiles/x")}, "home", ""},
		"a home in the home":            {[]mounts.Mount{at("home/.hermes")}, "home", "/home/.hermes"},
		"a profile's is the home":       {[]mounts.Mount{at("home")}, "home/profiles/x", ""},
		"a project":                     {[]mounts.Mount{at("work"), at("soul"), at("file")}, "home", ""},
		"files of the agent's":          {[]mounts.Mount{at("own")}, "home", "/own"},
		"data of something else":        {[]mounts.Mount{at("home"), {Point: "/data", Source: "/src"}}, "home", ""},
		"an anonymous volume is nobody": {[]mounts.Mount{{Point: filepath.Join(top, "root/.hermes"), Source: anonymous}}, "home", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found := strayMounts(t.Context(), Container{Home: profile.Home(filepath.Join(top, c.home)), Mounts: c.table})
			if got := objects(found, top); got != c.want {
				t.Errorf("found %v, want %q", found, c.want)
			}
			for _, f := range found {
				if !strings.Contains(f.Fix, "docker run -v /src:"+top+"/home in place of -v /src:"+f.Object) {
					t.Errorf("fix: %s", f.Fix)
				}
			}
		})
	}
}

func TestAHomeThatGoesWithTheContainerIsNoted(t *testing.T) {
	clause.Proves(t, "MOVE-01")
	root := mounts.Mount{Point: "/", Source: "/", Kind: "overlay"}
	for name, c := range map[string]struct {
		table []mounts.Mount
		want  string
	}{
		"an anonymous volume":    {[]mounts.Mount{root, {Point: "/opt/data", Source: anonymous, Kind: "ext4"}}, "anonymous volume"},
		"a tmpfs":                {[]mounts.Mount{root, {Point: "/opt/data", Source: "/", Kind: "tmpfs"}}, "temporary"},
		"an emptyDir":            {[]mounts.Mount{root, {Point: "/opt", Source: "/var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/d", Kind: "ext4"}}, "temporary"},
		"no mount":               {[]mounts.Mount{root}, "on no volume"},
		"a named volume":         {[]mounts.Mount{root, {Point: "/opt/data", Source: "/var/lib/docker/volumes/mine/_data", Kind: "ext4"}}, ""},
		"a directory of a host":  {[]mounts.Mount{root, {Point: "/opt/data", Source: "/home/me/.hermes", Kind: "ext4"}}, ""},
		"a kernel that says not": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found := passingHome(t.Context(), Container{Home: "/opt/data", Mounts: c.table})
			if (len(found) == 1) != (c.want != "") || c.want != "" && !strings.Contains(found[0].Cause, c.want) {
				t.Errorf("found %v, want %q", found, c.want)
			}
		})
	}
}

func TestAMountThatHidesTheImageIsFound(t *testing.T) {
	clause.Proves(t, "MOVE-04")
	// What is not on the host of this test is no directory.
	for point, want := range map[string]bool{"/opt": true, "/opt/data": false, "/opt/hermes/skills/mine": false, "/usr/bin": false, "/opt/hermes/docker/entrypoint.sh": true} {
		found := hiddenImage(t.Context(), Container{Mounts: []mounts.Mount{{Point: point, Source: "/src"}}})
		if (len(found) == 1) != want {
			t.Errorf("%s: %v", point, found)
		}
	}
}

func TestAHomeThatHermesCannotEnterNamesTheDirectory(t *testing.T) {
	clause.Proves(t, "MOVE-02")
	top := made(t, "closed/home")
	if err := os.Chmod(filepath.Dir(top), 0o755); err != nil { // of the test's own directory
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(top, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(top, "closed"), 0o700) })
	got := ""
	nobody := identity.Account{Name: "nobody", UID: 65534, GID: 65534} // modes keep nobody out who is root
	if err := identity.As(nobody, func() { got = Closed(filepath.Join(top, "closed/home/more")) }); err != nil {
		t.Fatal(err)
	}
	if got != filepath.Join(top, "closed") {
		t.Errorf("got %q", got)
	}
}

func TestALogThatHermesCannotWriteIsFound(t *testing.T) {
	clause.Proves(t, "LOG-05")
	top := made(t, "logs/gateways/default/current!")
	if err := os.Chmod(filepath.Dir(top), 0o755); err != nil {
		t.Fatal(err)
	}
	nobody := identity.Account{Name: "nobody", UID: 65534, GID: 65534}
	look := func() (found []Finding) {
		t.Helper()
		if err := identity.As(nobody, func() { found = gatewayLogs(t.Context(), Container{Home: profile.Home(top)}) }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	current := filepath.Join(top, "logs/gateways/default/current")
	for _, path := range []string{filepath.Dir(current), current} {
		if err := os.Chmod(path, 0o555); err != nil {
			t.Fatal(err)
		}
		if found := look(); len(found) != 1 || found[0].Object != "profile default" || !strings.Contains(found[0].Cause, path) {
			t.Errorf("%s: found %v", path, found)
		}
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if found := look(); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestAnOpenOrMissingHomeIsNotClosed(t *testing.T) {
	clause.Proves(t, "MOVE-02")
	top := made(t, "home")
	for _, home := range []string{"home", "missing/home", "home/../home"} {
		if got := Closed(filepath.Join(top, home)); got != "" {
			t.Errorf("%s: %q", home, got)
		}
	}
}

func TestTheSandboxOfAnEngineNeedsTheHomeAtOnePath(t *testing.T) {
	clause.Proves(t, "MOVE-06")
	tcp := env.Environ{"DOCKER_HOST=tcp://user:PLANTED@proxy:2375"}
	hosts := mounts.Mount{Point: "/etc/hosts", Source: "/var/lib/docker/containers/1/hosts", Device: "8:1"}
	for name, c := range map[string]struct {
		environ env.Environ
		home    string
		mount   mounts.Mount
		want    string // in the fix; "": nothing is found
	}{
		"no engine":                       {nil, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/home/me/.hermes"}, ""},
		"another path":                    {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/home/me/.hermes"}, "-v /home/me/.hermes:/home/me/.hermes -e HERMES_HOME=/home/me/.hermes "},
		"the same path":                   {tcp, "/home/me/.hermes", mounts.Mount{Point: "/home/me/.hermes", Source: "/home/me/.hermes"}, ""},
		"the same, /home is a disk":       {tcp, "/home/me/.hermes", mounts.Mount{Point: "/home/me/.hermes", Source: "/me/.hermes"}, ""},
		"below the mount, the same":       {tcp, "/srv/all/hermes", mounts.Mount{Point: "/srv/all", Source: "/srv/all"}, ""},
		"below the mount, another":        {tcp, "/data/hermes", mounts.Mount{Point: "/data", Source: "/srv/all"}, "-v /srv/all/hermes:/srv/all/hermes -e"},
		"a named volume":                  {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/var/lib/docker/volumes/v/_data"}, "-v /srv/hermes:/srv/hermes"},
		"no volume":                       {tcp, "/opt/data", mounts.Mount{Point: "/", Source: "/"}, "-v /srv/hermes:/srv/hermes"},
		"a whole disk":                    {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/"}, "-v /srv/hermes:/srv/hermes"},
		"a whole disk at a chosen path":   {tcp, "/srv/hermes", mounts.Mount{Point: "/srv/hermes", Source: "/"}, ""},
		"a subvolume of btrfs":            {tcp, "/home/me/.hermes", mounts.Mount{Point: "/home/me/.hermes", Source: "/@home/me/.hermes", Kind: "btrfs"}, ""},
		"another disk's /data":            {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/data", Device: "8:2"}, ""},
		"the host's own /data":            {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/data", Device: "8:1"}, "-v /data:/data -e HERMES_HOME=/data "},
		"a name that a shell would split": {tcp, "/opt/data", mounts.Mount{Point: "/opt/data", Source: "/my files"}, "-v /srv/hermes:/srv/hermes"},
	} {
		t.Run(name, func(t *testing.T) {
			found := sandboxPaths(t.Context(), Container{
				Root: t.TempDir(), Environ: c.environ, Home: profile.Home(c.home), Mounts: []mounts.Mount{hosts, c.mount},
			})
			if (len(found) == 1) != (c.want != "") || c.want != "" && !strings.Contains(found[0].Fix, c.want) {
				t.Errorf("found %v, want %q", found, c.want)
			}
			for _, f := range found {
				if strings.Contains(f.Object+f.Cause+f.Fix, "PLANTED") {
					t.Errorf("a secret: %v", f)
				}
			}
		})
	}
}

func TestProjectsOutsideTheSafeRootAreNoted(t *testing.T) {
	clause.Proves(t, "MOVE-05")
	top := made(t, "home", "work", "file!")
	work, home := filepath.Join(top, "work"), filepath.Join(top, "home")
	table := []mounts.Mount{{Point: home, Kind: "ext4"}, {Point: work, Kind: "ext4"}}
	for name, c := range map[string]struct {
		table   []mounts.Mount
		safe    string
		workDir string
		want    string
	}{
		"a mounted project":           {table, home, "/opt/hermes", "/work"},
		"the safe root of the image":  {table, "/opt/data", "/opt/hermes", "/work"},
		"it may be written":           {table, home + ":" + work, "/opt/hermes", ""},
		"a directory above it":        {table, top, "/opt/hermes", ""},
		"no safe root":                {table, "", "/opt/hermes", ""},
		"it is read-only":             {[]mounts.Mount{{Point: work, Kind: "ext4", ReadOnly: true}}, home, "/", ""},
		"a file, and what engines do": {[]mounts.Mount{{Point: filepath.Join(top, "file")}, {Point: "/proc", Kind: "proc"}, {Point: "/etc", Kind: "ext4"}}, home, "/", ""},
		"docker run -w":               {nil, home, work, "/work"},
		"-w below the mount":          {table, home, work + "/sub", "/work"},
		"-w in the home":              {table[:1], home, home + "/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			environ := env.Environ{}
			if c.safe != "" {
				environ = environ.With("HERMES_WRITE_SAFE_ROOT", c.safe)
			}
			found := projects(t.Context(), Container{Environ: environ, Home: profile.Home(home), Mounts: c.table, WorkDir: c.workDir})
			if got := objects(found, top); got != c.want {
				t.Errorf("found %v, want %q", found, c.want)
			}
			for _, f := range found {
				if !strings.Contains(f.Fix, ":"+work) || c.safe == "/opt/data" && !strings.Contains(f.Fix, "="+home+":") {
					t.Errorf("fix: %s", f.Fix)
				}
			}
		})
	}
}

func TestWhatIsPrintedHasNoControlCharacters(t *testing.T) {
	clause.Proves(t, "STATUS-06")
	found := Find(t.Context(), Container{UID: 1}, []Check{func(context.Context, Container) []Finding {
		return one("a\x1b[31m", "b\u202e\nc"+strings.Repeat("x", 5000), "d\x00")
	}})
	f := found[0]
	if f.Object != "a\uFFFD[31m" || !strings.HasPrefix(f.Cause, "b\uFFFD\nc") || len(f.Cause) > 2100 || f.Fix != "d\uFFFD" {
		t.Errorf("got %q", found)
	}
}
