package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/internal/held"
	"caduceus/internal/s6"
)

const staticSlots = "/run/s6-rc/servicedirs"

// Perms is cont-init 015: everybody may look at the static services of root. Those of hermes are hermes' already: the
// init has given them away before. As any other user than root all of them belong to the one who started.
//
// contract: REC-01
func Perms(_ context.Context, env Env) int {
	slots, _ := filepath.Glob((&job{Env: env}).inRoot(staticSlots + "/*"))
	for _, slot := range slots {
		if err := show(slot); err != nil {
			fmt.Fprintf(env.Stderr, "[supervise-perms] cannot show slot %q to hermes: %v\n", filepath.Base(slot), err)
		}
	}
	fmt.Fprintln(env.Stdout, "[supervise-perms] chowned supervise/ trees for static s6-rc services")
	return 0
}

// show lets everybody read the state of a service of this process' user.
func show(path string) error {
	slot, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written through it
	if _, err := slot.MakeDir(s6.SuperviseDir, 0o755); err != nil {
		return err
	}
	st, err := slot.Stat(s6.SuperviseDir)
	if err != nil || int(st.Uid) != os.Geteuid() || st.Mode&0o070 != 0 && st.Gid != 0 {
		return err // hermes has it
	}
	return slot.Chmod(s6.SuperviseDir, 0o755)
}
