package container

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// exitFile is where scripts read the exit code, and may overwrite it.
const exitFile = "/run/s6-linux-init-container-results/exitcode"

// Exit codes of /init itself.
const (
	ExitStage2      = 1
	ExitRefusedUser = 1
	ExitTimeout     = 2
	ExitRefused     = 100
	ExitInternal    = 111
)

// Exit is the exit code of the container, as far as it is known.
type Exit struct{ code int }

// Set sets the code and shows it to the scripts.
func (e *Exit) Set(code int) error {
	e.code = code
	if err := os.WriteFile(exitFile, fmt.Appendf(nil, "%d\n", code), 0o644); err != nil {
		return fmt.Errorf("cannot write exit code: %w", err)
	}
	return nil
}

// Final is the code to exit with: a script's, if one wrote its own.
func (e *Exit) Final() int {
	file, _ := os.ReadFile(exitFile) // without the file the code stays
	return finalCode(file, e.code)
}

// finalCode is what the exitcode file holds; garbage leaves code.
//
// spec: SUP-72
func finalCode(file []byte, code int) int {
	n, err := strconv.ParseUint(strings.TrimSpace(string(file)), 10, 8)
	if err != nil {
		return code
	}
	return int(n)
}
