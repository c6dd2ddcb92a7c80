//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// A volume's file system may have no locks: what the kernel then says to each call is said here to those on the lock alone.
func TestAVolumeWithoutLocksIsNamedAndUsed(t *testing.T) {
	t.Parallel()
	for _, errno := range []string{"ENOLCK", "EOPNOTSUPP", "ENOSYS"} {
		t.Run(errno, func(t *testing.T) {
			b := attack(t, "HOLD-04").start(heldBack(harness.Spec{Cmd: []string{"gateway", "run"}}))
			b.strace("-P", "/opt/data/.container.lock", "-e", "trace=fcntl,flock", "-e", "inject=fcntl,flock:error="+errno, "-e", "signal=none")
			b.letGo()
			_, err := b.WaitProcess(b.Ctx, `hermes gateway run --replace`, 0, bootLimit)
			b.Must(err)
			out, err := b.AllLogs(b.Ctx)
			b.Must(err)
			if n := strings.Count(out, "is not held for this container"); n != 1 {
				t.Errorf("want one line about the locks, got %d:\n%s", n, tail(out))
			}
			b.wants(root, "/command/hermes-health", 0, "healthy")
			b.wants(hermes, "hermes gateway restart && hermes gateway status", 0, "is up")
			b.stops("14, without locks")
		})
	}
}
