package setup

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
	"caduceus/internal/held"
)

// skillTrees returns the directories of the image that have skills.
func skillTrees() []string { return []string{installDir + "/skills", installDir + "/optional-skills"} }

// writeImageSkills writes what stands for the image's skills: the change times of their directories where those tell each
// change, or else name, size and times of each file. A look at all files takes a boot 20 ms. Times include the change time,
// as another image may have files of the same size and modification time.
func (j *job) writeImageSkills(ctx context.Context, to io.Writer) {
	if states := j.treeStates(); areOfImage(states, mounts.Table(), birth(j.inRoot("/"))) {
		for _, s := range states {
			fmt.Fprintf(to, "%s %v\n", s.path, s.changed)
		}
		return
	}
	for _, tree := range skillTrees() {
		fmt.Fprintln(to, tree)
		for _, line := range statesBelow(ctx, j.inRoot(tree)) {
			_, _ = io.WriteString(to, line)
		}
	}
}

// treeState is a directory with skills.
type treeState struct {
	path    string
	changed unix.Timespec // zero: it is missing
	other   bool          // it is not a directory
}

func (j *job) treeStates() (states []treeState) {
	for _, path := range skillTrees() {
		s := treeState{path: path}
		var st unix.Stat_t
		if err := unix.Lstat(j.inRoot(path), &st); err == nil {
			s.changed, s.other = st.Ctim, st.Mode&unix.S_IFMT != unix.S_IFDIR
		}
		states = append(states, s)
	}
	return states
}

// areOfImage reports whether trees are as the image has them. Then their change times stand for all that is in them:
// whatever a layer of an overlay changes below a directory, it has that directory, with a change time of its own. What this
// container, which was born then, has changed may change again in place, and so may what is mounted.
func areOfImage(trees []treeState, table []mounts.Mount, born unix.Timespec) bool {
	for _, t := range trees {
		if t.other || t.changed.Nano() >= born.Nano() || !inRootOverlay(t.path, table) {
			return false
		}
	}
	return true
}

// inRootOverlay reports whether a path and all below it is in an overlay that is the root.
func inRootOverlay(path string, table []mounts.Mount) (is bool) {
	for _, m := range table { // of two at one place, the last one is seen
		switch {
		case m.Point == "/":
			is = m.Kind == "overlay"
		case m.Point == path, strings.HasPrefix(m.Point, path+"/"), strings.HasPrefix(path, m.Point+"/"):
			return false
		}
	}
	return is
}

// birth is when a directory was made, zero where the file system does not say. That of the root was made with the container.
func birth(dir string) unix.Timespec {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, 0, unix.STATX_BTIME, &st); err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return unix.Timespec{}
	}
	return unix.Timespec{Sec: st.Btime.Sec, Nsec: int64(st.Btime.Nsec)}
}

// statesBelow returns a line with path, size and times of each entry below a directory, in byte order.
func statesBelow(ctx context.Context, path string) (lines []string) {
	dir, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	_ = look(ctx, dir, ".", func(e held.Entry) { // what cannot be read is no skill
		line := strconv.AppendQuote(nil, e.Path())
		for _, n := range []int64{e.Size, e.Mtim.Sec, e.Mtim.Nsec, e.Ctim.Sec, e.Ctim.Nsec} {
			line = strconv.AppendInt(append(line, ' '), n, 10)
		}
		lines = append(lines, string(append(line, '\n')))
	})
	slices.Sort(lines)
	return lines
}
