package pipeline

import (
	"fmt"

	"caduceus/internal/engine"
	"caduceus/internal/host"

	"golang.org/x/sys/unix"
)

// The room that a build takes under the engine's data root: measured 6 GB for both
// variants without a cache, a fifth of it when only our own files changed.
const (
	coldBytes = 8 << 30
	warmBytes = 2 << 30
)

// room refuses a build that cannot end: free is what the engine's disk has left; warm is whether an earlier
// build left its cache there.
func room(dir string, free uint64, warm bool) error {
	need := uint64(coldBytes)
	if warm {
		need = warmBytes
	}
	if free >= need {
		return nil
	}
	return &host.Problem{
		What:  fmt.Sprintf("cannot build in %q", dir),
		Cause: fmt.Sprintf("only %s free there, a build needs %s", size(int64(free)), size(int64(need))),
		Next:  `free some, say with "docker builder prune", and build again`,
	}
}

// checkRoom measures the engine's disk, which only a local engine has in sight.
func checkRoom(e *engine.Engine, warm bool) error {
	if !e.Local() || e.RootDir == "" {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(e.RootDir, &st); err != nil {
		return nil //nolint:nilerr // a data root out of our sight (rootless, a VM) is not full
	}
	return room(e.RootDir, st.Bavail*uint64(st.Bsize), warm)
}

// size is for people: decimal units, three digits.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	default:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
}
