package boot

import (
	"strconv"
	"strings"
	"syscall"

	"caduceus/internal/launch"
)

// Exit codes of /init itself.
const (
	exitStage2   = 1
	exitStranger = 1
	exitTimeout  = 2
	exitRefused  = 100
	exitInternal = 111
)

// cmdCode is the container's exit code for the way CMD ended. A CMD that dies of the TERM which the
// stop sent did what it was told; one that gets the signals of the container itself (receives) is
// not known to have been told by us.
//
// spec: SUP-76
func cmdCode(ws syscall.WaitStatus, stopping, receives bool) int {
	if ws.Signaled() && ws.Signal() == syscall.SIGTERM && stopping && !receives {
		return 0
	}
	return launch.Code(ws)
}

// finalCode is what the exitcode file says, as scripts may overwrite it; garbage leaves code.
//
// spec: SUP-72
func finalCode(file []byte, code int) int {
	n, err := strconv.ParseUint(strings.TrimSpace(string(file)), 10, 8)
	if err != nil {
		return code
	}
	return int(n)
}
