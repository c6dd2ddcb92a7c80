package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/mounts"
)

// sandboxPaths looks for a container engine that the agent may start its sandbox with, and that would look for the agent's
// files at another place than they are: the engine resolves the paths of mounts on its own host.
//
// contract: MOVE-06
func sandboxPaths(_ context.Context, c Container) []Finding {
	engine := c.engine()
	home := string(c.Home)
	m := mounts.Of(c.Mounts, home)
	if engine == "" || len(c.Mounts) == 0 || c.sameOnHost(m) {
		return nil
	}
	at := m.Named()
	if m.Volume() != "" || m.Point == "/" || strings.HasPrefix(at, "'") || at == "SOURCE" {
		at = "/srv/hermes"
	} else if rest, below := strings.CutPrefix(home, m.Point+"/"); below {
		at = filepath.Join(at, rest)
	}
	return one(engine, fmt.Sprintf("the agent's sandbox mounts files of %s, and the engine looks for them at the same path of its own host, "+
		"where it makes empty directories", home),
		fmt.Sprintf("docker run -v %s:%s -e %s=%s with the home at the same path on both sides", at, at, env.Home, at))
}

// engine returns how a container engine can be reached, "" if none can.
func (c Container) engine() string {
	if c.Environ.Value(env.DockerHost) != "" {
		return env.DockerHost.String()
	}
	for _, socket := range []string{"/var/run/docker.sock", "/run/docker.sock"} {
		if info, err := os.Stat(c.path(socket)); err == nil && info.Mode()&fs.ModeSocket != 0 {
			return socket
		}
	}
	return ""
}

// sameOnHost reports whether what is mounted has, as far as the container can know, the same path on the host. The
// container sees the path in the file system that it is from. That is the host's own path where the file system is that
// of the engine, which keeps its files below /var/lib; another one begins somewhere below the host's root.
func (c Container) sameOnHost(m mounts.Mount) bool {
	source := m.Source
	if first, rest, found := strings.Cut(strings.TrimPrefix(source, "/"), "/"); found && m.Kind == "btrfs" && strings.HasPrefix(first, "@") {
		source = "/" + rest // a subvolume, which is mounted under another name
	}
	switch {
	case m.Point == "/", m.Kind == "tmpfs":
		return false
	case m.Point == m.Source:
		return true
	case source == "/": // a whole disk: nothing is known but that the user has chosen the path
		return m.Point != env.Home.Default()
	}
	ofEngine := slices.ContainsFunc(c.Mounts, func(e mounts.Mount) bool {
		return e.Device == m.Device && strings.HasPrefix(e.Point, "/etc/") && strings.HasPrefix(e.Source, "/var/lib/")
	})
	return !ofEngine && strings.HasSuffix(m.Point, source)
}

// projects notes mounts, and a working directory, that the agent's file tools may not write to.
//
// contract: MOVE-05
func projects(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, dir := range c.projectDirs() {
		if c.writesTo(dir) {
			continue
		}
		roots := c.safeRoots()
		found = append(found, Finding{
			dir, fmt.Sprintf("the agent's file tools may not write there: %s is %s", env.SafeRoot, env.Shown(roots)),
			fmt.Sprintf("docker run -e %s=%s:%s", env.SafeRoot, mounts.Word(roots), mounts.Word(dir)),
		})
	}
	return found
}

// safeRoots is where the agent's file tools may write, "" for everywhere.
func (c Container) safeRoots() string {
	value := c.Environ.Value(env.SafeRoot)
	if value == env.Home.Default() { // as the image sets it: it follows the home
		return c.Home.Root()
	}
	return value
}

func (c Container) writesTo(dir string) bool {
	roots := c.safeRoots()
	return roots == "" || slices.ContainsFunc(strings.FieldsFunc(roots, func(r rune) bool { return r == ':' || r == ';' }), func(root string) bool {
		return mounts.Within(dir, filepath.Clean(root))
	})
}

// projectDirs lists what the user has put before the agent to work on: writable directories that are mounted beside the
// home, and the working directory.
func (c Container) projectDirs() []string {
	var dirs []string
	for _, m := range c.Mounts {
		beside := !mounts.Within(string(c.Home), m.Point) && !mounts.Within(m.Point, c.Home.Root())
		if c.passing() != "" && usual(m.Point) {
			continue // strayMounts takes it for the agent's
		}
		if beside && !m.ReadOnly && !m.Anonymous() && !ofSystem(m) && isDir(m.Point) && !stray(m.Point) {
			dirs = append(dirs, m.Point)
		}
	}
	if dir := c.WorkDir; dir != "" && !ofSystemPath(dir) && !slices.ContainsFunc(dirs, func(d string) bool { return mounts.Within(dir, d) }) {
		dirs = append(dirs, dir)
	}
	return dirs
}

// ofSystem reports whether a mount is one that engines make, or is for programs and not for work.
func ofSystem(m mounts.Mount) bool {
	return slices.Contains([]string{
		"proc", "sysfs", "tmpfs", "devpts", "devtmpfs", "mqueue", "cgroup", "cgroup2", "overlay", "bpf", "tracefs", "debugfs", "securityfs",
	}, m.Kind) || ofSystemPath(m.Point)
}

func ofSystemPath(path string) bool {
	if path == "/" || path == "/tmp" {
		return true
	}
	for _, dir := range []string{"/bin", "/command", "/dev", "/etc", "/lib", "/opt/hermes", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var"} {
		if mounts.Within(path, dir) {
			return true
		}
	}
	return false
}
