package launch_test

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

func TestTheEndOfAProgramInWordsAndCodes(t *testing.T) {
	clause.Proves(t, "BOOT-11", "SUP-76")
	for ws, want := range map[syscall.WaitStatus]struct {
		words string
		code  int
	}{
		0:         {"exit code 0", 0},
		3 << 8:    {"exit code 3", 3},
		255 << 8:  {"exit code 255", 255},
		9:         {"signal SIGKILL", 137},
		15:        {"signal SIGTERM", 143},
		11 | 0x80: {"signal SIGSEGV", 139}, // with a core
		40:        {"signal SIG40", 168},
		128 << 8:  {"exit code 128", 128},
	} {
		if got := launch.Ended(ws); got != want.words || launch.Code(ws) != want.code {
			t.Errorf("%#x: %s, %d", ws, got, launch.Code(ws))
		}
	}
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if got := launch.Ended(syscall.WaitStatus(sig)); got != "signal "+s6.SignalName(sig) {
			t.Errorf("%d is %s here and %s in s6", sig, got, s6.SignalName(sig))
		}
	}
}

func TestAProgramThatDoesNotRunHasTheCodeOfAShell(t *testing.T) {
	clause.Proves(t, "BOOT-11", "CMD-08", "SUP-76")
	for err, want := range map[error]int{
		syscall.ENOENT: 127, syscall.ENOTDIR: 127, fs.ErrNotExist: 127, syscall.EACCES: 126, syscall.EPERM: 126, syscall.ENOEXEC: 126, syscall.E2BIG: 126,
		syscall.ELOOP: 126, syscall.EISDIR: 126,
	} {
		if got := launch.ErrorCode(fmt.Errorf("cannot: %w", err)); got != want {
			t.Errorf("%v: %d", err, got)
		}
	}
}

func TestAFileWithoutAHeaderIsForTheShell(t *testing.T) {
	clause.Proves(t, "SUP-26")
	got := launch.Alternative("/x/script", []string{"script", "a", "b"}, "/", syscall.ENOEXEC)
	if diff := cmp.Diff([]string{"/bin/sh", "/x/script", "a", "b"}, got); diff != "" {
		t.Error(diff)
	}
	for _, err := range []error{nil, syscall.ENOENT, syscall.EACCES} { // a mount with execution, or no file
		if got := launch.Alternative("script", []string{"script"}, t.TempDir(), err); got != nil {
			t.Errorf("%v: it can be executed as %q", err, got)
		}
	}
}
