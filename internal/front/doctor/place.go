package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/imageenv"
	"caduceus/internal/front/mounts"
)

// imageDir has the image's own programs.
const imageDir = "/opt/hermes"

// hiddenImage looks for a mount that covers files of the image: after an update it still has those of the old one.
//
// contract: MOVE-04
func hiddenImage(_ context.Context, c Container) []Finding {
	const scripts = imageDir + "/docker" // of the entry point: people mount patched ones there
	var found []Finding
	for _, m := range c.Mounts {
		covers := m.Point == imageDir || m.Point == path.Dir(imageDir) || path.Dir(m.Point) == imageDir && isDir(m.Point) && !stray(m.Point)
		if covers || mounts.Within(m.Point, scripts) {
			found = append(found, Finding{
				Object: m.Point, Cause: "a mount hides the image's own files there: what runs is not this image's",
				Fix: fmt.Sprintf("docker run without -v %s:%s", m.Named(), mounts.Word(m.Point)),
			})
		}
	}
	return found
}

// goneFiles looks for variables that an older image has left, and that name files which this one does not have.
//
// contract: MOVE-03
func goneFiles(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, change := range imageenv.Changes(c.Root, string(c.Home), c.Environ, imageenv.Read(c.Root)) {
		if change.Gone == "" {
			continue
		}
		instead := "it counts as not set"
		if change.Value != "" {
			instead = "the image's own is used, " + change.Value
		}
		found = append(found, Finding{
			change.Name, fmt.Sprintf("%s is not in this image; %s", env.Shown(change.Gone), instead), "docker run without -e " + change.Name,
		})
	}
	for _, v := range []env.Path{env.WebDist, env.TUIDir} {
		name, value := v.String(), c.Environ.Value(v)
		if value == "" || mounts.Within(filepath.Clean(value), imageDir) {
			continue
		}
		file := filepath.Join(value, imageenv.Needs(name))
		if _, err := os.Stat(c.path(file)); errors.Is(err, fs.ErrNotExist) {
			found = append(found, Finding{name, env.Shown(file) + " is missing", "docker run without -e " + name + ", or mount the files there"})
		}
	}
	return found
}

// closedHome looks for a directory above the home that hermes cannot enter, such as /root.
//
// contract: MOVE-02
func closedHome(_ context.Context, c Container) []Finding {
	closed := Closed(string(c.Home))
	if closed == "" {
		return nil
	}
	return one(string(c.Home), "hermes cannot enter "+mounts.Word(closed)+", so nothing of the agent's can be read or written there",
		fmt.Sprintf("docker run -v %s:%s without -e %s", mounts.Of(c.Mounts, string(c.Home)).Named(), env.Home.Default(), env.Home))
}

// Closed returns the first directory on the way to path that the caller's file rights do not let it enter, else "".
func Closed(target string) string {
	above := "/"
	for element := range strings.SplitSeq(strings.Trim(filepath.Clean(target), "/"), "/") {
		next := filepath.Join(above, element)
		if _, err := os.Stat(next); errors.Is(err, fs.ErrPermission) {
			return above
		}
		above = next
	}
	return ""
}

// strayMounts looks for volumes where nothing looks: at the places of other images, or with files of the agent in them.
//
// contract: MOVE-01
func strayMounts(_ context.Context, c Container) []Finding {
	home := string(c.Home)
	passing := c.passing()
	lost := ""
	if passing != "" {
		lost = ", and " + passing
	}
	var found []Finding
	for _, m := range c.Mounts {
		belongs := mounts.Within(home, m.Point) || mounts.Within(m.Point, c.Home.Root()) && path.Base(m.Point) != ".hermes"
		if belongs || m.Anonymous() || !isDir(m.Point) || !stray(m.Point) && (passing == "" || !usual(m.Point)) {
			continue
		}
		at := mounts.Word(home)
		fix := fmt.Sprintf("docker run -v %s:%s in place of -v %s:%s", m.Named(), at, m.Named(), mounts.Word(m.Point))
		if m.Point == env.Home.Default() {
			fix += fmt.Sprintf(", or leave out -e %s", env.Home)
		}
		found = append(found, Finding{m.Point, "a volume is mounted where nothing looks: the agent's home is " + at + lost, fix})
	}
	return found
}

// usual reports whether people mount data at this path, of the agent or of something else: only where the agent's home
// has no volume it is the agent's.
func usual(point string) bool {
	return slices.Contains([]string{"/data", "/config", "/hermes", "/home/hermes", "/app/data", "/opt/hermes/data", "/var/lib/hermes"}, point)
}

// stray reports whether what is mounted here is the agent's.
func stray(point string) bool {
	if path.Base(point) == ".hermes" || point == env.Home.Default() {
		return true
	}
	has := func(name string) bool {
		_, err := os.Lstat(filepath.Join(point, name))
		return err == nil
	}
	return has("SOUL.md") && (has("config.yaml") || has(".env"))
}

// passingHome notes a home that goes with the container.
//
// contract: MOVE-01
func passingHome(_ context.Context, c Container) []Finding {
	why := c.passing()
	if why == "" {
		return nil
	}
	name, _ := os.Hostname()
	at := mounts.Word(string(c.Home))
	return one(string(c.Home), why, fmt.Sprintf("docker run -v ~/.hermes:%s; docker cp %s:%s/. ~/.hermes saves what is there", at, name, at))
}

// passing is why the home goes with the container, "" if it does not, or if the kernel does not say.
func (c Container) passing() string {
	m := mounts.Of(c.Mounts, string(c.Home))
	switch {
	case len(c.Mounts) == 0:
		return ""
	case m.Anonymous():
		return "it is an anonymous volume, which the next container does not get"
	case m.Kind == "tmpfs", strings.Contains(m.Source, "kubernetes.io~empty-dir"):
		return "it is a temporary file system, and gone with the container"
	case m.Point == "/":
		return "it is on no volume, and gone with the container"
	}
	return ""
}

// isDir reports whether a directory is at path.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || errors.Is(err, fs.ErrPermission) // below a directory that hermes cannot enter
}
