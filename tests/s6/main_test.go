package s6

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/pid1/svstat"
	"caduceus/internal/rig"
	s6p "caduceus/internal/s6"
)

// TestMain makes the test binary the init under test, by argv[0], and its PID 1, by the rig.
func TestMain(m *testing.M) {
	os.Exit(run(m)) //nolint:forbidigo // this is a main
}

func run(m *testing.M) int {
	rig.Enter()
	switch filepath.Base(os.Args[0]) {
	case "s6-svscan":
		return scan.Main(context.Background(), os.Args[1:])
	case "s6-svstat":
		return svstat.Main(os.Args[1:], os.Stdout, os.Stderr)
	case s6p.LockModeArgv0:
		return supervise.LockMain(os.Args[1:])
	}
	return m.Run()
}
